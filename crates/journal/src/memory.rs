//! A journal that is gone with its process: for `--durability memory` and for tests.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Appended, Journal, JournalError, Position};

/// Positions that come back together.
const STRETCH: u64 = 1 << 20;

/// Records in memory, their parts shared with whoever appended them.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    records: BTreeMap<u64, Vec<Bytes>>,
    tail: u64,
    snapshot: Option<(Position, Bytes)>,
}

impl MemoryJournal {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn joined(parts: &[Bytes]) -> Bytes {
    parts.iter().flat_map(|part| part.iter().copied()).collect()
}

impl Journal for MemoryJournal {
    fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError> {
        let mut held = self.held();
        if after.0 != held.tail {
            return Err(JournalError::Fenced);
        }
        let at = Position(held.tail);
        held.tail += parts.iter().map(Bytes::len).sum::<usize>().max(1) as u64;
        held.records.insert(at.0, parts.to_vec());
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
        let records: Vec<(u64, Bytes)> =
            self.held().records.range(from.0..).map(|(at, parts)| (*at, joined(parts))).collect();
        records.into_iter().try_for_each(|(at, record)| visit(Position(at), record))
    }

    fn read(&self, position: Position, _: u32) -> Result<Bytes, JournalError> {
        let record = self.held().records.get(&position.0).map(|parts| joined(parts));
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
        let mut starts: Vec<u64> = Vec::new();
        let mut from = 0;
        while let Some((at, _)) = held.records.range(from..).next() {
            starts.push(at - at % STRETCH);
            from = at - at % STRETCH + STRETCH;
        }
        let end = |start: u64| Position((start + STRETCH).min(held.tail));
        starts.into_iter().map(|start| Position(start)..end(start)).collect()
    }

    fn release(&self, stretches: &[Position]) {
        let mut held = self.held();
        for start in stretches {
            let mut behind = held.records.split_off(&start.0);
            let mut kept = behind.split_off(&(start.0 + STRETCH));
            held.records.append(&mut kept);
        }
    }

    fn close(&self) -> Result<(), JournalError> {
        Ok(())
    }
}
