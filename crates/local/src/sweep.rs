//! Blobs that nothing names, removed after a start: a crash between storing a blob and the record that names it leaves
//! one, and so does one between removing a record and its blob.
//!
//! A record names a blob by holding its id as it is, so whatever a service keeps is searched for ids. The files that were
//! there at the start are listed; then each record takes those that it holds off the list, and so does each record that is
//! stored meanwhile. What was stored since the start is left alone: its record may still be on its way.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::blobs::{BlobFolder, NAME_DIGITS};
use crate::limits;
use crate::registry::RegistryJournal;

/// A blob's name, without its digits.
type Name = [u8; NAME_DIGITS / 2];

/// How far it is; nothing once it is over, or where no blob outlasts the process.
#[derive(Default)]
pub(crate) struct Sweep {
    state: Mutex<Option<State>>,
    #[cfg(test)]
    over: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    /// Files of before the start that no record is known to name.
    unnamed: HashSet<Name>,
    /// What was stored since the start.
    young: HashSet<Name>,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unnamed {
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
}

impl Sweep {
    pub(crate) fn begun() -> Self {
        let sweep = Self::default();
        *sweep.state() = Some(State::default());
        sweep
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> Option<T> {
        self.state().as_mut().map(work)
    }

    /// A blob is about to get its name.
    pub(crate) fn born(&self, id: &str) {
        self.with(|state| state.young.extend(name(id.as_bytes())));
    }

    /// A record holds this.
    pub(crate) fn held(&self, value: &[u8]) {
        self.with(|state| {
            names_in(value, |name| {
                state.unnamed.remove(&name);
            });
        });
    }

    fn listed(&self, names: Vec<Name>) {
        self.with(|state| state.unnamed.extend(names));
    }

    /// The next of those that nothing names, taken off the list.
    fn next_unnamed(&self) -> Vec<Name> {
        let next = self.with(|state| {
            let next: Vec<Name> = state.unnamed.iter().take(limits::BLOBS_AT_ONCE).copied().collect();
            for name in &next {
                state.unnamed.remove(name);
            }
            next.into_iter().filter(|name| !state.young.contains(name)).collect()
        });
        next.unwrap_or_default()
    }

    fn is_done(&self) -> bool {
        self.with(|state| state.unnamed.is_empty()).unwrap_or(true)
    }

    fn end(&self) {
        *self.state() = None;
        #[cfg(test)]
        self.over.notify_one();
    }

    /// Completes once it is over.
    #[cfg(test)]
    pub(crate) async fn over(&self) {
        self.over.notified().await;
    }
}

/// Removes what nothing names, in small steps beside everything else.
pub(crate) async fn run(blobs: Arc<BlobFolder>, registry: Arc<RegistryJournal>) {
    match sweep(&blobs, &registry).await {
        Ok(Unnamed { blobs: 0, .. }) => {}
        Ok(Unnamed { blobs, bytes }) => {
            tracing::info!(blobs, bytes, "blobs that nothing names were removed; a crash had left them");
        }
        Err(error) => tracing::warn!(%error, "blobs that nothing names could not be looked for"),
    }
    blobs.sweep.end();
}

async fn sweep(blobs: &Arc<BlobFolder>, registry: &Arc<RegistryJournal>) -> io::Result<Unnamed> {
    for folder in folders() {
        let folder = blobs.root().join(folder);
        blobs.sweep.listed(step(move || names(&folder)).await?);
    }
    let mut after = None;
    while !blobs.sweep.is_done() {
        let (blobs, registry) = (Arc::clone(blobs), Arc::clone(registry));
        let last = step(move || {
            let page = registry.page("", after.as_deref(), limits::RECORDS_AT_ONCE);
            for record in &page {
                blobs.sweep.held(&record.value);
            }
            Ok(page.last().map(|record| record.key.as_str().to_owned()))
        });
        after = last.await?;
        if after.is_none() {
            break;
        }
    }
    let mut removed = Unnamed::default();
    while !blobs.sweep.is_done() {
        let blobs = Arc::clone(blobs);
        let some = step(move || {
            let mut some = Unnamed::default();
            for name in blobs.sweep.next_unnamed() {
                let id = hex::encode(name);
                some.bytes += blobs.remove(&id)?;
                some.blobs += 1;
            }
            Ok(some)
        });
        let some = some.await?;
        (removed.blobs, removed.bytes) = (removed.blobs + some.blobs, removed.bytes + some.bytes);
    }
    Ok(removed)
}

/// A step on a thread that may wait. Whoever drops the engine ends the sweep between two of them.
async fn step<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// What no value names, in a folder of blobs that is not in use; unfinished ones too.
pub(crate) fn unnamed<'a>(root: &Path, values: impl Iterator<Item = &'a Bytes>) -> io::Result<Unnamed> {
    let mut left = HashSet::new();
    for folder in folders() {
        left.extend(names(&root.join(folder))?);
    }
    for value in values {
        names_in(value, |name| {
            left.remove(&name);
        });
    }
    let path = |name: &Name| {
        let id = hex::encode(name);
        root.join(&id[..2]).join(id)
    };
    let mut paths: Vec<_> = left.iter().map(path).collect();
    for unfinished in entries(&root.join("incoming"))? {
        paths.push(unfinished?.path());
    }
    let mut found = Unnamed::default();
    for path in paths {
        (found.blobs, found.bytes) = (found.blobs + 1, found.bytes + path.metadata()?.len());
    }
    Ok(found)
}

fn folders() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|first| hex::encode([first]))
}

/// What lies in a folder; nothing if it is not there.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<std::fs::DirEntry>>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

/// The blobs in a folder. Files with other names are not ours.
fn names(folder: &Path) -> io::Result<Vec<Name>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let file = entry?.file_name();
        let text = file.to_string_lossy();
        let belongs = folder.file_name().is_some_and(|folder| text.starts_with(&*folder.to_string_lossy()));
        found.extend(name(text.as_bytes()).filter(|_| belongs));
    }
    Ok(found)
}

fn name(digits: &[u8]) -> Option<Name> {
    let lower = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let mut name = Name::default();
    (lower && hex::decode_to_slice(digits, &mut name).is_ok()).then_some(name)
}

/// Everything in a value that could be a blob's name. That something else looks like one keeps a file too many.
fn names_in(value: &[u8], mut found: impl FnMut(Name)) {
    let mut digits = 0;
    for (at, byte) in value.iter().enumerate() {
        digits = if matches!(byte, b'0'..=b'9' | b'a'..=b'f') { digits + 1 } else { 0 };
        if digits >= NAME_DIGITS {
            name(&value[at + 1 - NAME_DIGITS..=at]).into_iter().for_each(&mut found);
        }
    }
}

#[cfg(test)]
mod tests;
