//! A consistent copy of a running store: one moment of all partitions and the registry, without stopping them.

use std::path::{self, Path, PathBuf};
use std::sync::Arc;

use engine::EngineError;
use journal::Position;
use partition::Image;
use tokio::sync::OwnedMutexGuard;

use crate::Local;
use crate::engine_error::from_journal;
use crate::store::{self, COPY, Description};

/// What the copy is made of: each partition's state at the cut, and the registry's.
struct Cut {
    partitions: Vec<(Image, Position)>,
    registry: (Position, Vec<u8>),
}

/// Nothing is removed as long as one of these lives; there is one at a time.
struct Pinned {
    local: Arc<Local>,
    _only: OwnedMutexGuard<()>,
}

impl Pinned {
    async fn new(local: &Arc<Local>) -> Self {
        let only = Arc::clone(&local.backing_up).lock_owned().await;
        local.blobs.pin();
        local.cells.iter().for_each(|cell| cell.pin(true));
        Self { local: Arc::clone(local), _only: only }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.local.cells.iter().for_each(|cell| cell.pin(false));
        self.local.blobs.unpin();
    }
}

impl Local {
    /// Makes another store in a folder inside the data folder, as if this one had been stopped and copied at one
    /// moment; large files are shared between the two. `id` is new each time. Whoever asks takes the folder away.
    pub async fn back_up(self: &Arc<Self>, id: &str) -> Result<PathBuf, EngineError> {
        let Some(store) = &self.store else {
            return Err(EngineError::Io("what is kept in memory only has no files to copy".to_owned()));
        };
        let folder = path::absolute(store.folder.join(format!("{COPY}{id}"))).map_err(failed)?;
        let description = store.description.clone();
        let pinned = Pinned::new(self).await;
        let cut = self.cut()?;
        let journals = self.cells.iter().map(|cell| &cell.journal);
        let ends = cut.partitions.iter().map(|(_, end)| *end).chain([cut.registry.0]);
        for (journal, end) in journals.chain([self.registry.journal()]).zip(ends) {
            if let Some(durable) = journal.durable(end) {
                durable.await.map_err(from_journal)?;
            }
        }
        // Goes on to its end even if nobody waits for it any more, and so do the pins.
        let copied = tokio::task::spawn_blocking(move || {
            let written = pinned.local.write(&folder, &cut, &description);
            if written.is_err() {
                // What was made of it is of no use; if it cannot be removed, the next start does it.
                let _ = std::fs::remove_dir_all(&folder);
            }
            written.map(|()| folder)
        });
        copied.await.map_err(|error| EngineError::Io(error.to_string()))?
    }

    /// One moment of everything: no partition goes on while another is looked at, or a letter between them could be in
    /// neither or in both.
    fn cut(&self) -> Result<Cut, EngineError> {
        let states: Vec<_> = self.cells.iter().map(|cell| cell.state()).collect();
        let registry = self.registry.image().map_err(from_journal)?;
        let partitions = states.iter().map(|state| (state.partition.image(), state.tail)).collect();
        Ok(Cut { partitions, registry })
    }

    fn write(&self, folder: &Path, cut: &Cut, description: &Description) -> Result<(), EngineError> {
        std::fs::create_dir(folder).map_err(failed)?;
        for (cell, (image, end)) in self.cells.iter().zip(&cut.partitions) {
            let to = folder.join(format!("partition-{}", cell.number));
            cell.journal.copy_to(&to, *end, &image.encode()).map_err(from_journal)?;
        }
        let (end, state) = &cut.registry;
        self.registry.journal().copy_to(&folder.join("registry"), *end, state).map_err(from_journal)?;
        self.blobs.copy_to(&folder.join("blobs")).map_err(failed)?;
        // Last: a folder without it is no store.
        store::write(folder, &folder.join("store.json"), description).map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn failed(error: std::io::Error) -> EngineError {
    EngineError::Io(format!("cannot make a copy: {error}"))
}
