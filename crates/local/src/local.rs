//! The engine put together.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::{Clock, EngineError, QueueKey, QuickMap};
use journal::Journal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::blobs::BlobFolder;
use crate::cell::Cell;
use crate::limits::SpaceLimits;
use crate::open::{self, OpenError, Settings};
use crate::receipt_handle::Sealer;
use crate::registry::RegistryJournal;
use crate::store::{self, Store};
use crate::{Durability, outbox_pump, snapshots, sweep, timer};

/// What an engine is made of.
struct Parts {
    journals: Vec<Arc<dyn Journal>>,
    registry: Arc<dyn Journal>,
    handle_key: String,
    blobs: BlobFolder,
    store: Option<Store>,
    history: Option<Arc<::history::Store>>,
    limits: SpaceLimits,
    /// Whether snapshots are taken without being asked for.
    tidies_itself: bool,
}

/// The engine of one machine.
pub struct Local {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cells: Vec<Arc<Cell>>,
    /// In which partition each queue lies.
    pub(crate) directory: RwLock<QuickMap<QueueKey, u16>>,
    pub(crate) sealer: Sealer,
    pub(crate) registry: Arc<RegistryJournal>,
    pub(crate) blobs: Arc<BlobFolder>,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    /// Held by the copy that is being made.
    pub(crate) backing_up: Arc<tokio::sync::Mutex<()>>,
    /// The folder, locked; none where everything is in memory.
    pub(crate) store: Option<Store>,
    /// What happened; none if it is not kept.
    pub(crate) history: Option<Arc<::history::Store>>,
}

impl Local {
    /// Opens the store and starts what works on it by itself. Needs a tokio runtime.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OpenError> {
        let store = match settings.durability {
            Durability::Memory => None,
            _ => Some(Store::open(&settings.folder, settings.partitions)?),
        };
        let description = match &store {
            Some(store) => {
                store.remove_copies().map_err(|error| OpenError::Unusable {
                    folder: store.folder.clone(),
                    reason: error.to_string(),
                })?;
                store.description.clone()
            }
            None => store::make(settings.partitions),
        };
        let journals = (0..description.partitions)
            .map(|number| open::journal(settings, &format!("partition-{number}")))
            .collect::<Result<_, _>>()?;
        let registry = open::journal(settings, "registry")?;
        let blobs = match &store {
            Some(store) => BlobFolder::open(&store.folder.join("blobs"))?,
            None => BlobFolder::temporary(&settings.folder)?,
        };
        let handle_key = description.handle_key;
        let history = crate::history::open(settings, Arc::clone(&clock))?;
        let limits = SpaceLimits::default();
        let parts =
            Parts { journals, registry, handle_key, blobs, store, history, limits, tidies_itself: true };
        Self::over(parts, clock)
    }

    /// Over journals that somebody else has opened, one a partition and one for the registry; blobs lie below `folder`
    /// as long as the engine lives. Nothing is tidied up but by `tidy_up`. For simulations.
    pub fn over_journals(
        journals: Vec<Arc<dyn Journal>>,
        registry: Arc<dyn Journal>,
        folder: &Path,
        limits: SpaceLimits,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        let blobs = BlobFolder::temporary(folder)?;
        let (handle_key, store, history) = (String::new(), None, None);
        Self::over(
            Parts { journals, registry, handle_key, blobs, store, history, limits, tidies_itself: false },
            clock,
        )
    }

    /// Why nothing is written any more, if that is so: a journal has failed, and only a restart tells what it holds.
    pub fn failure(&self) -> Option<String> {
        self.cells.iter().find_map(|cell| cell.journal.failure()).or_else(|| self.registry.failure())
    }

    /// Takes a snapshot of each partition and gives back what space can come back, now and on this thread: for
    /// simulations, which want the same order of things each time.
    pub async fn tidy_up(&self) -> Result<(), EngineError> {
        for cell in &self.cells {
            snapshots::tidy_up_here(cell).await?;
        }
        Ok(())
    }

    /// Each partition's whole state at this moment, as bytes: equal states are equal bytes.
    pub fn states(&self) -> Vec<Vec<u8>> {
        let state = |cell: &Arc<Cell>| {
            cell.advance();
            cell.state().partition.image().encode()
        };
        self.cells.iter().map(state).collect()
    }

    fn over(parts: Parts, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OpenError> {
        let Parts { journals, registry, handle_key, blobs, store, history, limits, tidies_itself } = parts;
        let cells: Vec<Arc<Cell>> = (0..)
            .zip(journals)
            .map(|(number, journal)| open::cell(journal, number, &clock, limits))
            .collect::<Result<_, _>>()?;
        let blobs = Arc::new(blobs);
        let local = Arc::new(Self {
            sealer: Sealer::new(handle_key.as_bytes()),
            registry: Arc::new(RegistryJournal::open(registry, Arc::clone(&blobs))?),
            directory: RwLock::new(directory(&cells)),
            blobs,
            clock,
            cells,
            stop: watch::Sender::new(false),
            tasks: Mutex::default(),
            backing_up: Arc::default(),
            store,
            history,
        });
        local.start(tidies_itself);
        Ok(local)
    }

    fn start(&self, tidies_itself: bool) {
        for cell in &self.cells {
            let clock = || Arc::clone(&self.clock);
            self.spawn(timer::run(Arc::clone(cell), clock(), self.stop.subscribe()));
            if tidies_itself {
                self.spawn(snapshots::run(Arc::clone(cell), clock(), self.stop.subscribe()));
            }
            self.spawn(outbox_pump::run(Arc::clone(cell), self.cells.clone(), self.stop.subscribe()));
        }
        if self.store.is_some() {
            let (sweep, stopped) =
                (sweep::run(Arc::clone(&self.blobs), Arc::clone(&self.registry)), self.stopped());
            self.spawn(async move {
                tokio::select! {
                    () = sweep => {}
                    () = stopped => {}
                }
            });
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    /// Ends: waiting receivers are answered, everything accepted is made durable, snapshots are taken.
    pub async fn shut_down(&self) -> Result<(), EngineError> {
        self.stop.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
        for cell in &self.cells {
            snapshots::take(cell).await?;
            cell.journal.close().map_err(crate::engine_error::from_journal)?;
        }
        if let Some(history) = &self.history {
            history.close();
        }
        self.registry.close().await
    }

    /// Completes when the engine ends.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the engine is gone.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    pub(crate) fn partition_of(&self, queue: &QueueKey) -> Option<u16> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).get(queue).copied()
    }
}

fn directory(cells: &[Arc<Cell>]) -> QuickMap<QueueKey, u16> {
    let queues = |cell: &Arc<Cell>| cell.state().partition.list("", None, usize::MAX);
    cells
        .iter()
        .flat_map(|cell| queues(cell).into_iter().map(|queue| (queue.key.clone(), cell.number)))
        .collect()
}
