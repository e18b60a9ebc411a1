//! A journal that is gone with its process: for `--durability memory` and for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;

use crate::{Appended, Journal, JournalError, Position};

/// Records in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    records: BTreeMap<u64, Bytes>,
    tail: u64,
    snapshot: Option<(Position, Bytes)>,
}

impl MemoryJournal {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn append(&self, after: Position, parts: &[&[u8]]) -> Result<Appended, JournalError> {
        let mut held = self.held();
        if after.0 != held.tail {
            return Err(JournalError::Fenced);
        }
        let mut record = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            record.extend_from_slice(part);
        }
        let at = Position(held.tail);
        held.tail += record.len().max(1) as u64;
        held.records.insert(at.0, record.freeze());
        Ok(Appended { at, end: Position(held.tail) })
    }

    fn durable(&self, _: Position) -> BoxFuture<'static, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn tail(&self) -> Position {
        Position(self.held().tail)
    }

    fn replay(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let records: Vec<(u64, Bytes)> =
            self.held().records.range(from.0..).map(|(at, record)| (*at, record.clone())).collect();
        records.into_iter().try_for_each(|(at, record)| visit(Position(at), record))
    }

    fn read(&self, position: Position, offset: u32, length: u32) -> Result<Bytes, JournalError> {
        let (from, to) = (offset as usize, offset as usize + length as usize);
        let record = self.held().records.get(&position.0).cloned();
        record
            .filter(|record| to <= record.len())
            .map(|record| record.slice(from..to))
            .ok_or_else(|| JournalError::Io(format!("no record of that length at {}", position.0)))
    }

    fn put_snapshot(&self, covers: Position, state: &[u8]) -> Result<(), JournalError> {
        self.held().snapshot = Some((covers, Bytes::copy_from_slice(state)));
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<(Position, Bytes)>, JournalError> {
        Ok(self.held().snapshot.clone())
    }

    fn trim(&self, below: Position) {
        let mut held = self.held();
        held.records = held.records.split_off(&below.0);
    }

    fn close(&self) -> Result<(), JournalError> {
        Ok(())
    }
}
