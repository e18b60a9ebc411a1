//! Appending: records collect in a buffer until the committer takes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::format::{self, HEAD, Head, SEGMENT_HEAD};
use super::segments::Segment;
use super::waiters::Waiters;
use crate::{Appended, Figures, JournalError, Position};

/// Bytes for one segment.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The segment they go to; made when they are written.
    pub(super) base: u64,
    /// The position of the first byte.
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

impl Batch {
    /// The record at a position, if it is here.
    fn record(&self, position: u64) -> Option<Bytes> {
        let from = usize::try_from(position.checked_sub(self.start)?).ok()?;
        let head = Head::decode(self.bytes.get(from..)?.first_chunk()?);
        self.bytes.get(from + 24..from + 24 + head.length as usize).map(Bytes::copy_from_slice)
    }
}

/// What the committer's thread does, and so who has to wake it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attention {
    /// It works, and looks again when it is done.
    Busy,
    /// It looks again in a moment; whoever waits for a record wakes it.
    Dozes,
    /// Every record wakes it.
    Sleeps,
}

#[derive(Debug)]
pub(super) struct Collected {
    /// Where the next record goes.
    pub(super) tail: u64,
    /// The segment it goes to.
    base: u64,
    pub(super) pending: Vec<Batch>,
    pub(super) writing: Arc<Vec<Batch>>,
    /// Buffers whose bytes are written, to be filled again.
    pub(super) spare: Vec<Vec<u8>>,
    /// Records and bytes so far.
    accepted: (u64, u64),
    pub(super) closing: bool,
    pub(super) failed: Option<String>,
    /// What the committer's thread does.
    pub(super) committer: Attention,
}

/// What those who append and the committer share.
#[derive(Debug)]
pub(super) struct Shared {
    collected: Mutex<Collected>,
    pub(super) more: Condvar,
    pub(super) waiters: Arc<Waiters>,
    /// Everything before it is synced.
    pub(super) synced: AtomicU64,
    segment_bytes_max: u64,
    syncs: AtomicU64,
    syncing_nanoseconds: AtomicU64,
}

pub(super) fn unknown(reason: &str) -> JournalError {
    JournalError::Unknown(reason.to_owned())
}

impl Shared {
    /// A log that ends at `tail`, in the segment that begins at `base`.
    pub(super) fn new(tail: Position, base: u64, segment_bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            collected: Mutex::new(Collected {
                tail: tail.0,
                base,
                pending: Vec::new(),
                writing: Arc::default(),
                spare: Vec::new(),
                accepted: (0, 0),
                closing: false,
                failed: None,
                committer: Attention::Busy,
            }),
            more: Condvar::new(),
            waiters: Waiters::new(tail.0),
            synced: tail.0.into(),
            segment_bytes_max,
            syncs: AtomicU64::new(0),
            syncing_nanoseconds: AtomicU64::new(0),
        })
    }

    pub(super) fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn append(&self, after: Position, parts: &[Bytes]) -> Result<Appended, JournalError> {
        let length: usize = parts.iter().map(Bytes::len).sum();
        let length =
            u32::try_from(length).map_err(|_| JournalError::Full("a record of 4 GiB or more".to_owned()))?;
        let durable = self.synced.load(Ordering::Acquire);
        let mut collected = self.collected();
        if let Some(reason) = &collected.failed {
            return Err(unknown(reason));
        }
        if collected.closing {
            return Err(unknown("the journal is closed"));
        }
        if after.0 != collected.tail {
            return Err(JournalError::Fenced);
        }
        let at = collected.place(HEAD + u64::from(length), self.segment_bytes_max);
        let head = Head::of(parts, length, at, durable);
        let bytes = collected.buffer(at);
        bytes.extend_from_slice(&head.encode());
        for part in parts {
            bytes.extend_from_slice(part);
        }
        let end = Position(collected.tail);
        let asleep = collected.committer == Attention::Sleeps;
        if asleep {
            collected.committer = Attention::Busy;
        }
        drop(collected);
        if asleep {
            self.more.notify_one();
        }
        Ok(Appended { at: Position(at), end })
    }

    /// Syncs a file and keeps account of it.
    #[allow(clippy::disallowed_methods, reason = "a sync takes less than the clock's milliseconds")]
    pub(super) fn sync(&self, segment: &Segment) -> Result<(), JournalError> {
        let begun = Instant::now();
        let synced = segment.file.sync().map_err(|error| format::io("sync", &segment.path, &error));
        let took = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.syncing_nanoseconds.fetch_add(took, Ordering::Relaxed);
        synced
    }

    pub(super) fn figures(&self) -> Figures {
        let (records, bytes) = self.collected().accepted;
        let syncing = Duration::from_nanos(self.syncing_nanoseconds.load(Ordering::Relaxed));
        Figures { records, bytes, syncs: self.syncs.load(Ordering::Relaxed), syncing }
    }

    /// Somebody waits for what has collected.
    pub(super) fn wake_committer(&self) {
        let mut collected = self.collected();
        let free = collected.committer != Attention::Busy && !collected.pending.is_empty();
        if free {
            collected.committer = Attention::Busy;
            drop(collected);
            self.more.notify_one();
        }
    }

    /// A record that is not yet in its file.
    pub(super) fn unwritten(&self, position: Position) -> Option<Bytes> {
        let collected = self.collected();
        let mut batches = collected.writing.iter().chain(&collected.pending);
        batches.find_map(|batch| batch.record(position.0))
    }
}

impl Collected {
    /// Takes room for a record of so many bytes; a new segment's where the old one is full.
    fn place(&mut self, bytes: u64, segment_bytes_max: u64) -> u64 {
        let used = self.tail - self.base;
        if used + bytes > segment_bytes_max && used > SEGMENT_HEAD {
            self.base = self.tail;
            self.tail += SEGMENT_HEAD;
        }
        let at = self.tail;
        self.tail += bytes;
        self.accepted = (self.accepted.0 + 1, self.accepted.1 + bytes);
        at
    }

    /// The buffer that a record at `at` goes to.
    fn buffer(&mut self, at: u64) -> &mut Vec<u8> {
        let base = self.base;
        if self.pending.last().is_none_or(|batch| batch.base != base) {
            let bytes = self.spare.pop().unwrap_or_default();
            self.pending.push(Batch { base, start: at, bytes });
        }
        let last = self.pending.len() - 1;
        &mut self.pending[last].bytes
    }
}
