//! The journal in files: segments of a log, one thread that writes and syncs for all who wait, snapshots beside it.
//!
//! The formats are described in `docs/formats/journal.md`.

mod format;
mod recovery;
mod segments;
mod snapshot;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Appended, Journal, JournalError, Position};
use segments::Segments;
use writer::Writer;

/// When a record counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After `fdatasync`: survives power loss.
    Fsync,
    /// After `write`: survives the end of the process, and power loss but for the last 20 ms.
    Relaxed,
}

/// A journal in a folder of its own.
pub struct FileJournal {
    folder: PathBuf,
    segments: Arc<Segments>,
    writer: Writer,
}

impl FileJournal {
    /// Opens the folder (created if absent), cuts off a torn tail, and starts the writer.
    pub fn open(folder: &Path, durability: Durability, segment_bytes_max: u64) -> Result<Self, JournalError> {
        std::fs::create_dir_all(folder).map_err(|error| format::io("create", folder, &error))?;
        let segments = Arc::new(Segments::open(folder)?);
        let tail = recovery::recover(&segments)?;
        let writer = Writer::start(Arc::clone(&segments), tail, durability, segment_bytes_max)?;
        Ok(Self { folder: folder.to_path_buf(), segments, writer })
    }
}

impl Journal for FileJournal {
    fn append(&self, after: Position, parts: &[&[u8]]) -> Result<Appended, JournalError> {
        self.writer.append(after, parts)
    }

    fn durable(&self, position: Position) -> BoxFuture<'static, Result<(), JournalError>> {
        self.writer.durable(position)
    }

    fn tail(&self) -> Position {
        self.writer.tail()
    }

    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        recovery::replay(&self.segments, from, self.writer.tail(), visit)
    }

    fn read(&self, position: Position, offset: u32, length: u32) -> Result<Bytes, JournalError> {
        if let Some(unwritten) = self.writer.unwritten(position, offset, length) {
            return Ok(unwritten);
        }
        let mut bytes = vec![0; length as usize];
        self.segments.read(position.0 + format::HEAD + u64::from(offset), &mut bytes)?;
        Ok(bytes.into())
    }

    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError> {
        snapshot::put(&self.folder, covers, state)
    }

    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError> {
        snapshot::newest(&self.folder)
    }

    fn trim(&self, below: Position) {
        self.segments.trim(below);
    }

    fn close(&self) -> Result<(), JournalError> {
        self.writer.close()
    }
}

#[cfg(test)]
mod tests;
