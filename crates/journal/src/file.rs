//! The journal in files: segments of a log, one thread that writes and syncs for all who wait, snapshots beside it.
//!
//! The formats are described in `docs/formats/journal.md`.

mod committer;
mod format;
mod recovery;
mod segments;
mod snapshot;
mod verify;
mod waiters;
mod writer;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use verify::{Verified, verify};

use crate::disk::{Disk, RealDisk};
use crate::{Appended, Figures, Journal, JournalError, Position};
use committer::Committer;
use segments::Segments;
use waiters::{Commit, Safe};
use writer::{Shared, unknown};

/// When a record counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After `fdatasync`: survives power loss.
    Fsync,
    /// After `write`: survives the end of the process, and power loss but for the last 20 ms.
    Relaxed,
}

/// How a journal is opened.
#[derive(Clone)]
pub struct Settings {
    /// Where its files lie.
    pub folder: PathBuf,
    /// When a record counts as durable.
    pub durability: Durability,
    /// A file of the log has at most so many bytes, but for a single longer record.
    pub segment_bytes_max: u64,
    /// What the files lie on.
    pub disk: Arc<dyn Disk>,
}

impl Settings {
    /// In a folder of the operating system's disk.
    pub fn on_disk(folder: &Path, durability: Durability, segment_bytes_max: u64) -> Self {
        Self { folder: folder.to_path_buf(), durability, segment_bytes_max, disk: Arc::new(RealDisk) }
    }
}

/// The newest snapshot of a journal that nobody has open, and what it covers.
pub fn snapshot(disk: &dyn Disk, folder: &Path) -> Result<Option<(Position, Bytes)>, JournalError> {
    snapshot::newest(disk, folder)
}

/// A journal in a folder of its own.
pub struct FileJournal {
    segments: Arc<Segments>,
    shared: Arc<Shared>,
    committing: Mutex<Committing>,
    commit: Option<Commit>,
}

/// Who writes and syncs.
enum Committing {
    /// A thread of its own.
    Thread(JoinHandle<()>),
    /// Whoever calls `turn`, for simulations.
    Turns(Box<Committer>),
    Ended,
}

impl FileJournal {
    /// Opens the folder (created if absent), cuts off a torn tail, and starts to write.
    pub fn open(settings: &Settings) -> Result<Self, JournalError> {
        let (segments, shared, committer) = Self::prepare(settings)?;
        let (committer, thread) = committer.start()?;
        let commit = Some(match settings.durability {
            Durability::Fsync => Commit::Wake(Arc::clone(&shared)),
            Durability::Relaxed => Commit::Help(committer),
        });
        Ok(Self { segments, shared, committing: Mutex::new(Committing::Thread(thread)), commit })
    }

    /// Opens without threads: nothing is written or synced but by `turn`, so that a simulation can tell when.
    pub fn open_in_turns(settings: &Settings) -> Result<Self, JournalError> {
        let (segments, shared, committer) = Self::prepare(settings)?;
        let committing = Mutex::new(Committing::Turns(Box::new(committer)));
        Ok(Self { segments, shared, committing, commit: None })
    }

    fn prepare(settings: &Settings) -> Result<(Arc<Segments>, Arc<Shared>, Committer), JournalError> {
        let Settings { folder, durability, segment_bytes_max, disk } = settings;
        disk.create_folder(folder).map_err(|error| format::io("create", folder, &error))?;
        let covered = snapshot::newest(&**disk, folder)?.map_or(Position(0), |(covers, _)| covers);
        let segments = Arc::new(Segments::open(Arc::clone(disk), folder)?);
        let tail = recovery::recover(&segments, covered)?;
        let shared = Shared::new(tail, segments.holding(tail.0)?.base, *segment_bytes_max);
        let committer =
            Committer::new(Arc::clone(&shared), Arc::clone(&segments), *durability, *segment_bytes_max);
        Ok((segments, shared, committer))
    }

    /// Writes and syncs what has collected, if the journal was opened in turns.
    pub fn turn(&self) {
        if let Committing::Turns(committer) = &mut *self.committing() {
            committer.turn();
        }
    }

    fn committing(&self) -> std::sync::MutexGuard<'_, Committing> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> Result<(), JournalError> {
        self.shared.collected().closing = true;
        self.shared.more.notify_one();
        match std::mem::replace(&mut *self.committing(), Committing::Ended) {
            Committing::Thread(thread) => {
                thread.join().map_err(|_| unknown("the journal's thread ended by a panic"))?;
            }
            Committing::Turns(mut committer) => while committer.turn() {},
            Committing::Ended => {}
        }
        match &self.shared.collected().failed {
            Some(reason) => Err(unknown(reason)),
            None => Ok(()),
        }
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        let in_turns = matches!(*self.committing(), Committing::Turns(_));
        if !in_turns {
            // Whoever wanted to know of a failure has called `close`.
            let _ = self.end();
        }
    }
}

impl Journal for FileJournal {
    fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError> {
        self.shared.append(after, parts)
    }

    fn durable(&self, position: Position) -> Option<BoxFuture<'static, Result<(), JournalError>>> {
        if self.shared.waiters.is_safe(position.0) {
            return None;
        }
        let waiters = Arc::clone(&self.shared.waiters);
        Some(Box::pin(Safe { waiters, position: position.0, commit: self.commit.clone() }))
    }

    fn tail(&self) -> Position {
        Position(self.shared.collected().tail)
    }

    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        recovery::replay(&self.segments, from, self.tail(), visit)
    }

    fn read(&self, position: Position, at_least: u32) -> Result<Bytes, JournalError> {
        match self.shared.unwritten(position) {
            Some(unwritten) => Ok(unwritten),
            None => self.segments.read(position.0, at_least),
        }
    }

    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError> {
        snapshot::put(&*self.segments.disk, &self.segments.folder, covers, state)
    }

    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError> {
        snapshot::newest(&*self.segments.disk, &self.segments.folder)
    }

    fn stretches(&self) -> Vec<Range<Position>> {
        self.segments.stretches(self.tail())
    }

    fn release(&self, stretches: &[Position]) {
        self.segments.release(stretches);
    }

    fn copy_to(&self, folder: &Path, cut: Position, state: &[u8]) -> Result<(), JournalError> {
        let disk = &*self.segments.disk;
        disk.create_folder(folder).map_err(|error| format::io("create", folder, &error))?;
        self.segments.copy_to(folder, cut)?;
        snapshot::put(disk, folder, cut, state)
    }

    fn figures(&self) -> Figures {
        self.shared.figures()
    }

    fn failure(&self) -> Option<String> {
        self.shared.collected().failed.clone()
    }

    fn close(&self) -> Result<(), JournalError> {
        self.end()
    }
}

#[cfg(test)]
mod tests;
