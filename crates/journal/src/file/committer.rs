//! Group commit: what has collected is written at once, synced once for all who wait, and then the next.
//!
//! Where syncs are waited for, a thread does both. Where they are not, whoever waits first writes for all, and the
//! thread only syncs now and then.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Durability;
use super::format;
use super::segments::{Segment, Segments};
use super::writer::{Attention, Batch, Collected, Shared};
use crate::JournalError;

/// After how long the thread looks again by itself.
const DOZE: Duration = Duration::from_millis(5);
/// After so many looks at nothing it sleeps until it is woken.
const DOZES_MAX: u32 = 40;
/// `Durability::Relaxed` may leave written bytes unsynced for so many looks.
const RELAXED_SYNC_DOZES: u32 = 4;
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
    /// Everything before it is in its file.
    written: u64,
    /// Asks for a file full of zeros.
    prepare: Option<SyncSender<()>>,
}

/// What is to be done next.
enum Next {
    Write(Arc<Vec<Batch>>, u64),
    Sync(u64),
    End,
}

/// What a round of the thread came to, where others write.
enum Round {
    Synced,
    Nothing,
    End,
}

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        segments: Arc<Segments>,
        durability: Durability,
        segment_bytes_max: u64,
    ) -> Self {
        Self { shared, segments, durability, segment_bytes_max, dirty: None, written: 0, prepare: None }
    }

    /// Runs in threads of its own until the journal is closed.
    pub(super) fn start(mut self) -> Result<(Arc<Mutex<Self>>, JoinHandle<()>), JournalError> {
        let cannot = |error| JournalError::Io(format!("cannot start the journal's thread: {error}"));
        if self.durability == Durability::Fsync {
            let (prepare, asked) = sync_channel(1);
            self.prepare = Some(prepare);
            let (segments, bytes) = (Arc::clone(&self.segments), self.segment_bytes_max);
            std::thread::Builder::new()
                .name("journal-spare".to_owned())
                .spawn(move || keep_a_spare(&segments, bytes, &asked))
                .map_err(cannot)?;
        }
        let (shared, durability) = (Arc::clone(&self.shared), self.durability);
        let committer = Arc::new(Mutex::new(self));
        let runner = Arc::clone(&committer);
        let run = move || match durability {
            Durability::Fsync => {
                while {
                    wait(&shared, DOZES_MAX, true);
                    lock(&runner).turn()
                } {}
            }
            Durability::Relaxed => {
                let mut idle_rounds = 0;
                loop {
                    if idle_rounds < DOZES_MAX / RELAXED_SYNC_DOZES {
                        wait(&shared, RELAXED_SYNC_DOZES, false);
                    } else {
                        wait(&shared, 0, true);
                    }
                    match sync_now_and_then(&runner, &shared) {
                        Round::Synced => idle_rounds = 0,
                        Round::Nothing => idle_rounds = idle_rounds.saturating_add(1),
                        Round::End => break,
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(run).map_err(cannot)?;
        Ok((committer, thread))
    }

    /// Writes what has collected, unless somebody else is about to.
    pub(super) fn help(committer: &Mutex<Self>) {
        loop {
            let mut committer = match committer.try_lock() {
                Ok(committer) => committer,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Its holder looks again after it has let go.
                Err(TryLockError::WouldBlock) => return,
            };
            let shared = Arc::clone(&committer.shared);
            while committer.write_collected() {}
            drop(committer);
            let collected = shared.collected();
            if collected.pending.is_empty() || collected.failed.is_some() {
                return;
            }
        }
    }

    /// Whether there was anything, and it could be written.
    fn write_collected(&mut self) -> bool {
        let taken = take(&mut self.shared.collected());
        taken.is_some_and(|(batches, end)| self.step(Next::Write(batches, end)))
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
        if self.shared.collected().failed.is_some() {
            return false;
        }
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
            self.written = batch.start + batch.bytes.len() as u64;
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
            self.shared.sync(&segment)?;
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

fn lock(committer: &Mutex<Committer>) -> MutexGuard<'_, Committer> {
    committer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until there is something to write or the journal ends: for some dozes, and if it `sleeps` then, until the next
/// record comes, which somebody else may have written meanwhile.
fn wait(shared: &Shared, dozes: u32, sleeps: bool) {
    let mut collected = shared.collected();
    let idle = |collected: &Collected| {
        collected.pending.is_empty() && !collected.closing && collected.failed.is_none()
    };
    for _ in 0..dozes {
        if !idle(&collected) {
            break;
        }
        collected.committer = Attention::Dozes;
        collected = shared.more.wait_timeout(collected, DOZE).unwrap_or_else(PoisonError::into_inner).0;
    }
    if sleeps && idle(&collected) {
        collected.committer = Attention::Sleeps;
        collected = shared.more.wait(collected).unwrap_or_else(PoisonError::into_inner);
    }
    collected.committer = Attention::Busy;
}

/// Relaxed: writes what nobody waits for, and syncs what was written, without holding up those who write.
fn sync_now_and_then(committer: &Mutex<Committer>, shared: &Shared) -> Round {
    Committer::help(committer);
    if shared.collected().closing {
        lock(committer).turn();
        return Round::End;
    }
    let (dirty, end) = {
        let mut committer = lock(committer);
        let end = committer.written;
        (committer.dirty.take(), end)
    };
    let Some(segment) = dirty else {
        return if shared.collected().failed.is_some() { Round::End } else { Round::Nothing };
    };
    let synced = shared.sync(&segment);
    if synced.is_ok() {
        shared.synced.fetch_max(end, Ordering::AcqRel);
    }
    if lock(committer).report(synced, end) { Round::Synced } else { Round::End }
}

/// What has collected, and the position behind it.
fn take(collected: &mut Collected) -> Option<(Arc<Vec<Batch>>, u64)> {
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
