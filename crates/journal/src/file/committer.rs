//! Group commit: one thread writes what has collected, syncs once for all who wait, and takes the next.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Durability;
use super::format;
use super::segments::{Segment, Segments};
use super::writer::{Batch, Shared};
use crate::JournalError;

/// How long `Durability::Relaxed` may leave written bytes unsynced.
const RELAXED_SYNC: Duration = Duration::from_millis(20);
/// A buffer of more bytes is not kept for the next batch.
const BUFFER_KEPT_BYTES_MAX: usize = 4 << 20;

/// Writes and syncs.
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    pub(super) segments: Arc<Segments>,
    pub(super) durability: Durability,
    segment_bytes_max: u64,
    /// The file that has unsynced bytes.
    dirty: Option<Arc<Segment>>,
    /// Asks for a file full of zeros.
    prepare: Option<SyncSender<()>>,
}

/// What is to be done next.
enum Next {
    Write(Arc<Vec<Batch>>, u64),
    Sync(u64),
    End,
}

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        segments: Arc<Segments>,
        durability: Durability,
        segment_bytes_max: u64,
    ) -> Self {
        Self { shared, segments, durability, segment_bytes_max, dirty: None, prepare: None }
    }

    /// Runs in threads of its own until the journal is closed.
    pub(super) fn start(mut self) -> Result<JoinHandle<()>, JournalError> {
        let cannot = |error| JournalError::Io(format!("cannot start the journal's thread: {error}"));
        let (prepare, asked) = sync_channel(1);
        if self.durability == Durability::Fsync {
            self.prepare = Some(prepare);
            let (segments, bytes) = (Arc::clone(&self.segments), self.segment_bytes_max);
            std::thread::Builder::new()
                .name("journal-spare".to_owned())
                .spawn(move || keep_a_spare(&segments, bytes, &asked))
                .map_err(cannot)?;
        }
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || self.run()).map_err(cannot)
    }

    fn run(mut self) {
        loop {
            let next = self.next();
            if !self.step(next) {
                return;
            }
        }
    }

    /// Does what there is to do, without waiting for more; `false` when the journal has ended.
    pub(super) fn turn(&mut self) -> bool {
        let next = {
            let mut collected = self.shared.collected();
            match take(&mut collected) {
                Some((batches, end)) => Next::Write(batches, end),
                None if collected.closing => Next::End,
                None => Next::Sync(collected.tail),
            }
        };
        self.step(next)
    }

    fn step(&mut self, next: Next) -> bool {
        let (done, end) = match next {
            Next::Write(batches, end) => (self.write(&batches).and_then(|()| self.commit(end)), end),
            Next::Sync(end) => (self.sync(end), end),
            Next::End => {
                let end = self.shared.collected().tail;
                let synced = self.sync(end);
                self.report(synced, end);
                self.segments.drop_spare();
                return false;
            }
        };
        self.report(done, end)
    }

    /// Waits for something to do.
    fn next(&mut self) -> Next {
        let shared = Arc::clone(&self.shared);
        let mut collected = shared.collected();
        loop {
            if let Some((batches, end)) = take(&mut collected) {
                return Next::Write(batches, end);
            }
            if collected.closing {
                return Next::End;
            }
            collected.idle = true;
            if self.dirty.is_none() {
                collected = shared.more.wait(collected).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = shared.more.wait_timeout(collected, RELAXED_SYNC);
            let timeout;
            (collected, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() && collected.pending.is_empty() {
                return Next::Sync(collected.tail);
            }
        }
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
            self.prepare_if_half_full(batch);
            self.dirty = Some(segment);
        }
        Ok(())
    }

    fn prepare_if_half_full(&self, batch: &Batch) {
        let used = batch.start - batch.base + batch.bytes.len() as u64;
        if let Some(prepare) = self.prepare.as_ref().filter(|_| used > self.segment_bytes_max / 2) {
            // It is asked already where the channel is full; without a spare file the log grows, only slower.
            let _ = prepare.try_send(());
        }
    }

    fn commit(&mut self, end: u64) -> Result<(), JournalError> {
        match self.durability {
            Durability::Fsync => self.sync(end),
            Durability::Relaxed => Ok(()),
        }
    }

    fn sync(&mut self, end: u64) -> Result<(), JournalError> {
        if let Some(segment) = self.dirty.take() {
            segment.file.sync().map_err(|error| format::io("sync", &segment.path, &error))?;
        }
        self.shared.synced.fetch_max(end, Ordering::AcqRel);
        Ok(())
    }

    /// Tells those who wait. After a failure nothing is written any more: what the disk holds is not known.
    fn report(&self, outcome: Result<(), JournalError>, end: u64) -> bool {
        let mut collected = self.shared.collected();
        match outcome {
            Ok(()) => {
                let written = std::mem::take(&mut collected.writing);
                if let Ok(batches) = Arc::try_unwrap(written) {
                    let kept = batches.into_iter().map(|batch| batch.bytes);
                    collected.spare = kept
                        .filter(|bytes| bytes.capacity() <= BUFFER_KEPT_BYTES_MAX)
                        .take(1)
                        .map(|mut bytes| {
                            bytes.clear();
                            bytes
                        })
                        .collect();
                }
                drop(collected);
                self.shared.waiters.reached(end);
                true
            }
            Err(error) => {
                let reason = error.to_string();
                tracing::error!(
                    reason,
                    "the journal failed; nothing is accepted until the server is started anew"
                );
                collected.failed = Some(reason.clone());
                drop(collected);
                self.shared.waiters.fail(&reason);
                false
            }
        }
    }
}

/// What has collected, and the position behind it.
fn take(collected: &mut super::writer::Collected) -> Option<(Arc<Vec<Batch>>, u64)> {
    if collected.pending.is_empty() {
        return None;
    }
    let batches = Arc::new(std::mem::take(&mut collected.pending));
    collected.writing = Arc::clone(&batches);
    Some((batches, collected.tail))
}

fn keep_a_spare(segments: &Segments, bytes: u64, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        if let Err(error) = segments.prepare(bytes) {
            tracing::debug!(%error, "no segment could be prepared; the log grows instead");
        }
    }
}
