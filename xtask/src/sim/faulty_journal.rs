//! A journal that another owner can take away.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use journal::{Appended, Figures, FileJournal, Journal, JournalError, Position};

/// A journal as one owner sees it: once there is another, nothing of this one is accepted any more.
pub(super) struct FaultyJournal {
    pub(super) journal: FileJournal,
    /// The epoch of this owner, and of the newest one.
    pub(super) epoch: u64,
    pub(super) newest: Arc<AtomicU64>,
}

impl FaultyJournal {
    fn is_fenced(&self) -> bool {
        self.newest.load(Ordering::Relaxed) > self.epoch
    }

    /// Writes what has collected, if this is still the owner.
    pub(super) fn turn(&self) {
        if !self.is_fenced() {
            self.journal.turn();
        }
    }
}

impl Journal for FaultyJournal {
    fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError> {
        if self.is_fenced() { Err(JournalError::Fenced) } else { self.journal.append(after, parts) }
    }

    fn durable(&self, position: Position) -> Option<BoxFuture<'static, Result<(), JournalError>>> {
        self.journal.durable(position)
    }

    fn tail(&self) -> Position {
        self.journal.tail()
    }

    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.journal.replay(from, visit)
    }

    fn read(&self, position: Position, at_least: u32) -> Result<Bytes, JournalError> {
        self.journal.read(position, at_least)
    }

    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError> {
        if self.is_fenced() { Err(JournalError::Fenced) } else { self.journal.put_snapshot(covers, state) }
    }

    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError> {
        self.journal.snapshot()
    }

    fn stretches(&self) -> Vec<Range<Position>> {
        self.journal.stretches()
    }

    fn release(&self, stretches: &[Position]) {
        if !self.is_fenced() {
            self.journal.release(stretches);
        }
    }

    fn copy_to(&self, folder: &Path, cut: Position, state: &[u8]) -> Result<(), JournalError> {
        self.journal.copy_to(folder, cut, state)
    }

    fn figures(&self) -> Figures {
        self.journal.figures()
    }

    fn failure(&self) -> Option<String> {
        self.journal.failure()
    }

    fn close(&self) -> Result<(), JournalError> {
        self.journal.close()
    }
}
