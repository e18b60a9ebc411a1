//! A journal that is gone with its process: for `--durability memory` and for tests. A log like the one in files, in
//! blocks of memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Appended, Figures, Journal, JournalError, Position};

/// Bytes of a block, but for a single longer record.
const BLOCK_BYTES: usize = 1 << 20;
/// Before each record: its length.
const HEAD: usize = 4;

/// Records in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// By the position of their first byte.
    blocks: BTreeMap<u64, Vec<u8>>,
    tail: u64,
    accepted: u64,
    snapshot: Option<(Position, Bytes)>,
    /// From the first full block on.
    prepared: Option<Prepared>,
}

/// Blocks made ready by another thread: the operating system gives memory page by page when it is first touched, and
/// that took a fifteenth of a send's time.
#[derive(Debug)]
struct Prepared(Receiver<Vec<u8>>);

impl Prepared {
    /// The thread ends with the journal.
    fn start() -> Self {
        let (ready, prepared) = sync_channel(1);
        let touch = move || {
            let block = || {
                let mut block = vec![1; BLOCK_BYTES];
                block.clear();
                block
            };
            while ready.send(block()).is_ok() {}
        };
        // Without the thread, blocks are touched when they are used.
        let _ = std::thread::Builder::new().name("journal-spare".to_owned()).spawn(touch);
        Self(prepared)
    }

    /// A block, if one is ready.
    fn take(&self) -> Option<Vec<u8>> {
        self.0.try_recv().ok()
    }
}

impl MemoryJournal {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The block that the next record goes to.
    fn block(&mut self, bytes: usize) -> &mut Vec<u8> {
        if self.prepared.is_none() && self.tail > BLOCK_BYTES as u64 / 2 {
            self.prepared = Some(Prepared::start());
        }
        let full = self.blocks.last_key_value().is_none_or(|(start, block)| {
            *start + block.len() as u64 != self.tail || block.len() + bytes > BLOCK_BYTES
        });
        let start =
            if full { self.tail } else { self.blocks.last_key_value().map_or(0, |(start, _)| *start) };
        let prepared = &self.prepared;
        self.blocks.entry(start).or_insert_with(|| {
            let block = if bytes <= BLOCK_BYTES { prepared.as_ref().and_then(Prepared::take) } else { None };
            block.unwrap_or_else(|| Vec::with_capacity(BLOCK_BYTES.max(bytes)))
        })
    }

    /// The record at a position.
    fn record(&self, position: u64) -> Option<&[u8]> {
        let (start, block) = self.blocks.range(..=position).next_back()?;
        let rest = block.get(usize::try_from(position - start).ok()?..)?;
        let (head, rest) = rest.split_first_chunk::<HEAD>()?;
        rest.get(..u32::from_le_bytes(*head) as usize)
    }
}

impl Journal for MemoryJournal {
    fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError> {
        let length: usize = parts.iter().map(Bytes::len).sum();
        let prefix =
            u32::try_from(length).map_err(|_| JournalError::Full("a record of 4 GiB or more".to_owned()))?;
        let mut held = self.held();
        if after.0 != held.tail {
            return Err(JournalError::Fenced);
        }
        let block = held.block(HEAD + length);
        block.extend_from_slice(&prefix.to_le_bytes());
        for part in parts {
            block.extend_from_slice(part);
        }
        let at = Position(held.tail);
        held.tail += (HEAD + length) as u64;
        held.accepted += 1;
        Ok(Appended { at, end: Position(held.tail) })
    }

    fn durable(&self, _: Position) -> Option<BoxFuture<'static, Result<(), JournalError>>> {
        None
    }

    fn tail(&self) -> Position {
        Position(self.held().tail)
    }

    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut position = from.0;
        let next = |position: u64| {
            let held = self.held();
            let skipped = held.blocks.range(position..).next().map_or(held.tail, |(start, _)| *start);
            let position = if held.record(position).is_some() { position } else { skipped };
            held.record(position).map(|record| (position, Bytes::copy_from_slice(record)))
        };
        while let Some((at, record)) = next(position) {
            position = at + (HEAD + record.len()) as u64;
            visit(Position(at), record)?;
        }
        Ok(())
    }

    fn read(&self, position: Position, _: u32) -> Result<Bytes, JournalError> {
        let held = self.held();
        let record = held.record(position.0).map(Bytes::copy_from_slice);
        record.ok_or_else(|| JournalError::Io(format!("position {} was released", position.0)))
    }

    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError> {
        self.held().snapshot = Some((covers, Bytes::copy_from_slice(state)));
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError> {
        Ok(self.held().snapshot.clone())
    }

    fn stretches(&self) -> Vec<Range<Position>> {
        let held = self.held();
        let range =
            |(start, block): (&u64, &Vec<u8>)| Position(*start)..Position(*start + block.len() as u64);
        held.blocks.iter().map(range).collect()
    }

    fn release(&self, stretches: &[Position]) {
        let mut held = self.held();
        let last = held.blocks.keys().next_back().copied();
        for start in stretches.iter().filter(|start| Some(start.0) != last) {
            held.blocks.remove(&start.0);
        }
    }

    fn copy_to(&self, _: &Path, _: Position, _: &[u8]) -> Result<(), JournalError> {
        Err(JournalError::Io("what is kept in memory only has no files to copy".to_owned()))
    }

    fn figures(&self) -> Figures {
        let held = self.held();
        Figures { records: held.accepted, bytes: held.tail, ..Figures::default() }
    }

    fn failure(&self) -> Option<String> {
        None
    }

    fn close(&self) -> Result<(), JournalError> {
        Ok(())
    }
}
