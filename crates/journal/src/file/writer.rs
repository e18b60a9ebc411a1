//! Group commit: appends collect in a buffer; one thread writes what has collected, syncs once for all who wait, and
//! takes the next buffer.

use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::Durability;
use super::format::{self, HEAD, Head, SEGMENT_HEAD};
use super::segments::{Segment, Segments};
use crate::{Appended, JournalError, Position};

/// How long `Durability::Relaxed` may leave written bytes unsynced.
const RELAXED_SYNC: Duration = Duration::from_millis(20);

/// Bytes for one segment.
#[derive(Debug, Default)]
struct Batch {
    /// The segment they go to; made when they are written.
    base: u64,
    /// The position of the first byte.
    start: u64,
    bytes: Vec<u8>,
}

impl Batch {
    fn slice(&self, from: u64, length: u32) -> Option<Bytes> {
        let from = usize::try_from(from.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from + length as usize).map(Bytes::copy_from_slice)
    }
}

#[derive(Debug)]
struct Collected {
    /// Where the next record goes.
    tail: u64,
    /// The segment it goes to.
    base: u64,
    pending: Vec<Batch>,
    writing: Arc<Vec<Batch>>,
    closing: bool,
    failed: Option<String>,
}

/// How far the log is safe, and whether it failed.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Waiters for positions up to here may go on.
    acknowledged: u64,
    failed: Option<String>,
}

#[derive(Debug)]
struct Shared {
    collected: Mutex<Collected>,
    more: Condvar,
    progress: watch::Sender<Progress>,
    /// Everything before it is synced.
    synced: std::sync::atomic::AtomicU64,
}

/// The side of the journal that appends.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    segment_bytes_max: u64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(reason: &str) -> JournalError {
    JournalError::Unknown(reason.to_owned())
}

impl Writer {
    pub(super) fn start(
        segments: Arc<Segments>,
        tail: Position,
        durability: Durability,
        segment_bytes_max: u64,
    ) -> Result<Self, JournalError> {
        let base = segments.holding(tail.0)?.base;
        let shared = Arc::new(Shared {
            collected: Mutex::new(Collected {
                tail: tail.0,
                base,
                pending: Vec::new(),
                writing: Arc::default(),
                closing: false,
                failed: None,
            }),
            more: Condvar::new(),
            progress: watch::Sender::new(Progress { acknowledged: tail.0, failed: None }),
            synced: tail.0.into(),
        });
        let committer = Committer { shared: Arc::clone(&shared), segments, durability, dirty: None };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || committer.run())
            .map_err(|error| JournalError::Io(format!("cannot start the journal's thread: {error}")))?;
        Ok(Self { shared, segment_bytes_max, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn append(&self, after: Position, parts: &[&[u8]]) -> Result<Appended, JournalError> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let length =
            u32::try_from(length).map_err(|_| JournalError::Full("a record of 4 GiB or more".to_owned()))?;
        let durable = self.shared.synced.load(std::sync::atomic::Ordering::Acquire);
        let mut collected = self.shared.collected();
        if let Some(reason) = &collected.failed {
            return Err(unknown(reason));
        }
        if collected.closing {
            return Err(unknown("the journal is closed"));
        }
        if after.0 != collected.tail {
            return Err(JournalError::Fenced);
        }
        let whole = HEAD + u64::from(length);
        let used = collected.tail - collected.base;
        if used + whole > self.segment_bytes_max && used > SEGMENT_HEAD {
            collected.base = collected.tail;
            collected.tail += SEGMENT_HEAD;
        }
        let at = collected.tail;
        let head = Head::of(parts, length, at, durable);
        let base = collected.base;
        if collected.pending.last().is_none_or(|batch| batch.base != base) {
            collected.pending.push(Batch { base, start: at, bytes: Vec::new() });
        }
        if let Some(batch) = collected.pending.last_mut() {
            batch.bytes.extend_from_slice(&head.encode());
            for part in parts {
                batch.bytes.extend_from_slice(part);
            }
        }
        collected.tail = at + whole;
        self.shared.more.notify_one();
        Ok(Appended { at: Position(at), end: Position(collected.tail) })
    }

    pub(super) fn durable(&self, position: Position) -> BoxFuture<'static, Result<(), JournalError>> {
        let mut progress = self.shared.progress.subscribe();
        Box::pin(async move {
            let reached = progress
                .wait_for(|progress| progress.acknowledged >= position.0 || progress.failed.is_some())
                .await
                .map_err(|_| unknown("the journal is closed"))?;
            match &reached.failed {
                Some(reason) if reached.acknowledged < position.0 => Err(unknown(reason)),
                _ => Ok(()),
            }
        })
    }

    pub(super) fn tail(&self) -> Position {
        Position(self.shared.collected().tail)
    }

    /// A part of a record that is not yet in its file.
    pub(super) fn unwritten(&self, position: Position, offset: u32, length: u32) -> Option<Bytes> {
        let from = position.0 + HEAD + u64::from(offset);
        let collected = self.shared.collected();
        let mut batches = collected.writing.iter().chain(&collected.pending);
        batches.find_map(|batch| batch.slice(from, length))
    }

    pub(super) fn close(&self) -> Result<(), JournalError> {
        self.shared.collected().closing = true;
        self.shared.more.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            return Err(unknown("the journal's thread ended by a panic"));
        }
        match &self.shared.collected().failed {
            Some(reason) => Err(unknown(reason)),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whoever wanted to know of a failure has called `close`.
        let _ = self.close();
    }
}

/// The thread.
struct Committer {
    shared: Arc<Shared>,
    segments: Arc<Segments>,
    durability: Durability,
    /// Relaxed: the file that has unsynced bytes.
    dirty: Option<Arc<Segment>>,
}

impl Committer {
    fn run(mut self) {
        while let Some((batches, end)) = self.next() {
            let written = self.write(&batches).and_then(|()| match self.durability {
                Durability::Fsync => self.sync(end),
                Durability::Relaxed => Ok(()),
            });
            if !self.report(written, end) {
                return;
            }
        }
        let end = self.shared.collected().tail;
        let synced = self.sync(end);
        self.report(synced, end);
    }

    /// The next batches and the position behind them; `None` when closing and all is written.
    fn next(&mut self) -> Option<(Arc<Vec<Batch>>, u64)> {
        let mut collected = self.shared.collected();
        while collected.pending.is_empty() {
            if collected.closing {
                return None;
            }
            if self.dirty.is_none() {
                collected = self.shared.more.wait(collected).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.shared.more.wait_timeout(collected, RELAXED_SYNC);
            let timeout;
            (collected, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() && collected.pending.is_empty() {
                let end = collected.tail;
                drop(collected);
                let synced = self.sync(end);
                if !self.report(synced, end) {
                    return None;
                }
                collected = self.shared.collected();
            }
        }
        let batches = Arc::new(std::mem::take(&mut collected.pending));
        collected.writing = Arc::clone(&batches);
        Some((batches, collected.tail))
    }

    fn write(&mut self, batches: &[Batch]) -> Result<(), JournalError> {
        for batch in batches {
            let mut segment = self.segments.holding(batch.start)?;
            if segment.base != batch.base {
                // What the old file holds must be safe before the log goes on in a new one.
                self.sync(batch.base)?;
                segment = self.segments.create(batch.base)?;
            }
            segment
                .file
                .write_all_at(&batch.bytes, batch.start - segment.base)
                .map_err(|error| format::io("write", &segment.path, &error))?;
            self.dirty = Some(segment);
        }
        Ok(())
    }

    fn sync(&mut self, end: u64) -> Result<(), JournalError> {
        if let Some(segment) = self.dirty.take() {
            segment.file.sync_data().map_err(|error| format::io("sync", &segment.path, &error))?;
        }
        self.shared.synced.fetch_max(end, std::sync::atomic::Ordering::AcqRel);
        Ok(())
    }

    /// Tells those who wait. After a failure nothing is written any more: what the disk holds is not known.
    fn report(&self, outcome: Result<(), JournalError>, end: u64) -> bool {
        match outcome {
            Ok(()) => {
                self.shared.collected().writing = Arc::default();
                self.shared
                    .progress
                    .send_modify(|progress| progress.acknowledged = progress.acknowledged.max(end));
                true
            }
            Err(error) => {
                let reason = error.to_string();
                tracing::error!(
                    reason,
                    "the journal failed; nothing is accepted until the server is started anew"
                );
                self.shared.collected().failed = Some(reason.clone());
                self.shared.progress.send_modify(|progress| progress.failed = Some(reason));
                false
            }
        }
    }
}
