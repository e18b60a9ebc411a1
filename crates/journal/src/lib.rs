//! The journal contract: an append-only, durable sequence of opaque records with positions, snapshots and trimming.
//!
//! Knows nothing of queues. `FileJournal` is a segmented log with group commit, `MemoryJournal` keeps all in memory;
//! one suite proves both.

mod disk;
mod file;
mod memory;

#[cfg(test)]
mod suite;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use disk::{Disk, DiskFile, Fault, RealDisk, SimulatedDisk};
pub use file::{Durability, FileJournal, Settings, Verified, snapshot, verify};
pub use memory::MemoryJournal;

/// Where a record begins; grows with every record, dense or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// Why a record was not accepted, or what is known of it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another owner has opened the journal with a higher epoch. Nothing was written.
    #[error("another owner has taken over")]
    Fenced,
    /// No room. Nothing was written.
    #[error("no room left: {0}")]
    Full(String),
    /// The outcome is not known: the journal refuses everything until it is opened anew.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// A record or snapshot does not fit its checksum.
    #[error("corrupt record in {segment} at {offset}: {reason}")]
    Corrupt {
        /// The file.
        segment: String,
        /// Bytes from its start.
        offset: u64,
        /// What does not fit.
        reason: String,
    },
    /// The disk refused, and nothing was changed.
    #[error("{0}")]
    Io(String),
    /// The folder holds a format that this program does not know.
    #[error("format version {found} is newer than {known}, the newest this program knows")]
    NewerFormat {
        /// In the folder.
        found: u32,
        /// Known here.
        known: u32,
    },
}

/// The contract. Appends are pipelined: `append` answers the position at once, `durable` completes when it is safe.
pub trait Journal: Send + Sync + 'static {
    /// Accepts a record (the concatenation of `parts`) to follow the one that ends at `after`, and answers the position
    /// after it. A wrong `after` is `Fenced`: somebody else has written.
    fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError>;
    /// Completes when everything up to `position` is as durable as the journal was opened to be. `None`: it is.
    fn durable(&self, position: Position) -> Option<BoxFuture<'static, Result<(), JournalError>>>;
    /// Where the next record goes.
    fn tail(&self) -> Position;
    /// Calls `visit` with each record from `from` on, in order, until the end.
    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError>;
    /// The record that begins at `position`, checked; works as soon as `append` has answered. It has at least so many bytes.
    fn read(&self, position: Position, at_least: u32) -> Result<Bytes, JournalError>;
    /// Stores a snapshot of the state after all records before `covers`; replaces an older one. Durable when it answers;
    /// blocks until then.
    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError>;
    /// The newest snapshot that is whole, and what it covers.
    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError>;
    /// The parts of the log whose space can come back, in order; there may be holes between them. The last one is still
    /// written.
    fn stretches(&self) -> Vec<Range<Position>>;
    /// The stretches that begin here hold nothing that is needed, neither records that are to be replayed nor contents
    /// that are to be read.
    fn release(&self, stretches: &[Position]);
    /// Makes a journal in `folder` that ends at `cut`, which is durable, with this snapshot of the state at the cut. What
    /// it shares with this one is never changed again. Nothing may be released meanwhile.
    fn copy_to(&self, folder: &Path, cut: Position, state: &[u8]) -> Result<(), JournalError>;
    /// What it has done since it was opened.
    fn figures(&self) -> Figures;
    /// Why nothing is accepted any more, if that is so.
    fn failure(&self) -> Option<String>;
    /// Makes everything accepted durable and ends; later appends are `Unknown`.
    fn close(&self) -> Result<(), JournalError>;
}

/// What a journal has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Records accepted.
    pub records: u64,
    /// Their bytes, with what the journal adds.
    pub bytes: u64,
    /// Syncs of the disk.
    pub syncs: u64,
    /// How long they took together.
    pub syncing: Duration,
}

/// An accepted record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where it begins.
    pub at: Position,
    /// Where the next one goes: `after` of the next append, and what to wait for.
    pub end: Position,
}
