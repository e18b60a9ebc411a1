//! One partition at work: its state, its journal, and who waits on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine::{Clock, EngineError, Error, QueueKey, Refusal, Timestamp};
use futures_util::future::BoxFuture;
use journal::{Journal, JournalError, Position};
use partition::{Decision, Location, Operation, Partition, Record, Taken, content_of};
use tokio::sync::Notify;

use crate::engine_error::{failed, from_journal};
use crate::limits::SpaceLimits;
use crate::parked::{Lines, Place};

/// A partition of the store.
pub(crate) struct Cell {
    pub(crate) number: u16,
    pub(crate) journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// The next moment may have come nearer.
    pub(crate) rescheduled: Notify,
    /// Letters for other partitions were posted.
    pub(crate) posted: Notify,
    /// The journal holds enough for a snapshot, or to give space back.
    pub(crate) grown: Notify,
    /// Held while stretches of the journal are released. `true`: a copy is being made, none may be.
    pub(crate) pinned: Mutex<bool>,
}

pub(crate) struct State {
    pub(crate) partition: Partition,
    pub(crate) tail: Position,
    pub(crate) lines: Lines,
    /// Grows whenever something in a queue changes.
    pub(crate) stirred: u64,
    pub(crate) space: Space,
    pub(crate) limits: SpaceLimits,
    /// Whoever takes snapshots sleeps until `grown`, because there is nothing to tidy up.
    pub(crate) tidier_sleeps: bool,
}

/// How much the journal holds, and how much of it is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space {
    /// The end of the log when the newest snapshot was taken.
    pub(crate) snapshot_at: Position,
    /// Bytes of the log then, once what the snapshot made superfluous was gone.
    pub(crate) held_then: u64,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cell").field("number", &self.number).finish_non_exhaustive()
    }
}

/// A decision that is carried out, and what to wait for before it is told.
pub(crate) struct Done<A> {
    pub(crate) answer: A,
    durable: Option<BoxFuture<'static, Result<(), JournalError>>>,
}

impl<A> Done<A> {
    /// The same with another answer, which is dropped if it cannot be told.
    pub(crate) fn map<B>(self, to: impl FnOnce(A) -> B) -> Done<B> {
        Done { answer: to(self.answer), durable: self.durable }
    }

    /// The answer, once it may be given.
    pub(crate) async fn told(self) -> Result<A, Error> {
        // Requests that came together are written and answered together: each by itself would wake the journal's
        // thread and a client that sleeps, and that costs more than the rest of a small request.
        tokio::task::yield_now().await;
        if let Some(durable) = self.durable {
            durable.await.map_err(failed)?;
        }
        Ok(self.answer)
    }
}

/// Bytes of the log that are still there.
pub(crate) fn held(journal: &dyn Journal) -> u64 {
    journal.stretches().iter().map(|stretch| stretch.end.0 - stretch.start.0).sum()
}

impl Cell {
    pub(crate) fn new(
        number: u16,
        partition: Partition,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        snapshot_at: Position,
        limits: SpaceLimits,
    ) -> Arc<Self> {
        let tail = journal.tail();
        let held_then = held(&*journal).saturating_sub(tail.0.saturating_sub(snapshot_at.0));
        let space = Space { snapshot_at, held_then };
        let (lines, stirred, tidier_sleeps) = (Lines::default(), 0, false);
        let state = State { partition, tail, lines, stirred, space, limits, tidier_sleeps };
        Arc::new(Self {
            number,
            journal,
            clock,
            state: Mutex::new(state),
            rescheduled: Notify::new(),
            posted: Notify::new(),
            grown: Notify::new(),
            pinned: Mutex::new(false),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside the pure state machine would be a broken invariant; what it left is what replay would give.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass and wakes whom it concerns.
    pub(crate) fn advance(&self) {
        let mut state = self.state();
        let now = self.clock.now();
        state.advance(now);
    }

    /// Decides a command and carries it out.
    pub(crate) fn run<A>(
        &self,
        decide: impl FnOnce(&Partition, Timestamp) -> Result<Decision<A>, Refusal>,
    ) -> Result<Done<A>, Error> {
        let mut state = self.state();
        self.run_locked(&mut state, decide)
    }

    /// Like `run`; if the answer is empty, or too much is in flight for one, takes a place in line before anybody else
    /// can change the queue.
    pub(crate) fn run_or_park<A>(
        self: &Arc<Self>,
        queue: &QueueKey,
        decide: impl FnOnce(&Partition, Timestamp) -> Result<Decision<Vec<A>>, Refusal>,
    ) -> Result<Result<Done<Vec<A>>, Place>, Error> {
        let mut state = self.state();
        match self.run_locked(&mut state, decide) {
            Ok(done) if !done.answer.is_empty() => return Ok(Ok(done)),
            Ok(_) | Err(Error::Refused(Refusal::TooManyInFlight(_))) => {}
            Err(error) => return Err(error),
        }
        let State { partition, lines, .. } = &mut *state;
        let number = partition.number(queue).ok_or_else(|| Refusal::NoSuchQueue(queue.clone()))?;
        Ok(Err(Place::take(self, lines, number)))
    }

    fn run_locked<A>(
        &self,
        state: &mut State,
        decide: impl FnOnce(&Partition, Timestamp) -> Result<Decision<A>, Refusal>,
    ) -> Result<Done<A>, Error> {
        let now = self.clock.now();
        let due_before = state.partition.due();
        state.advance(now);
        let Decision { operations, contents, answer, wait } = decide(&state.partition, now)?;
        if !operations.is_empty() {
            self.write(state, &operations, contents)?;
            self.tell(state, &operations);
            if state.partition.due() != due_before {
                self.rescheduled.notify_one();
            }
        }
        // Without operations too: what the answer rests on (a duplicate's first send) must be safe all the same.
        let durable = if wait { self.journal.durable(state.tail) } else { None };
        Ok(Done { answer, durable })
    }

    /// One record, applied at once.
    fn write(&self, state: &mut State, operations: &[Operation], contents: Vec<Bytes>) -> Result<(), Error> {
        let record = Record::encode(operations, contents);
        let appended = self.journal.append(state.tail, record.parts()).map_err(failed)?;
        for (operation, location) in operations.iter().zip(record.locations(operations, appended.at.0)) {
            state.partition.apply(operation, location);
        }
        state.tail = appended.end;
        state.stirred += 1;
        if state.wants_snapshot() || (state.tidier_sleeps && state.could_tidy()) {
            state.tidier_sleeps = false;
            self.grown.notify_one();
        }
        Ok(())
    }

    /// Wakes receivers of the queues in which something can be received now.
    fn tell(&self, state: &mut State, operations: &[Operation]) {
        let State { partition, lines, .. } = state;
        if !lines.is_empty() {
            for queue in Partition::touched(operations) {
                if partition.has_visible(queue) {
                    lines.wake_one(queue);
                }
            }
        }
        let posted = |operation: &Operation| {
            matches!(
                operation,
                Operation::Outbound { .. }
                    | Operation::OutboundDeadLetter { .. }
                    | Operation::OutboundRedriven { .. }
            )
        };
        if operations.iter().any(posted) {
            self.posted.notify_one();
        }
    }

    /// Waits until the sends of messages are durable. Nobody may see a message that a crash could still unsend: of a
    /// commit into several queues one would have been seen, the others never.
    pub(crate) async fn sent_for_sure(&self, taken: &[Taken]) -> Result<(), Error> {
        let newest = taken.iter().map(|taken| taken.content.position).max();
        match newest.and_then(|position| self.journal.durable(Position(position + 1))) {
            Some(durable) => durable.await.map_err(failed),
            None => Ok(()),
        }
    }

    /// Lets no stretch of the journal go, or lets them go again.
    pub(crate) fn pin(&self, pinned: bool) {
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = pinned;
    }

    pub(crate) fn wake_one(&self, queue: u32) {
        self.state().lines.wake_one(queue);
    }

    /// Messages' contents. A record that several lie in is read once.
    pub(crate) fn contents(&self, at: &[Location]) -> Vec<Result<Bytes, EngineError>> {
        let mut last: Option<(u64, Bytes)> = None;
        let mut read = |location: &Location| {
            let record = match last.take().filter(|(position, _)| *position == location.position) {
                Some((_, record)) => record,
                None => self.journal.read(Position(location.position), location.offset + location.length)?,
            };
            last = Some((location.position, record.clone()));
            content_of(&record, *location).ok_or_else(|| JournalError::Corrupt {
                segment: format!("partition-{}", self.number),
                offset: location.position,
                reason: "the record has no such content".to_owned(),
            })
        };
        at.iter().map(|location| read(location).map_err(from_journal)).collect()
    }
}

impl State {
    /// Lets time pass; one waiter for each queue in which a message became visible.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.stirred += u64::from(self.partition.due().is_some_and(|due| due <= now));
        for queue in self.partition.advance(now) {
            self.lines.wake_one(queue);
        }
    }

    /// Bytes of the log that were written since the newest snapshot.
    pub(crate) fn grown(&self) -> u64 {
        self.tail.0.saturating_sub(self.space.snapshot_at.0)
    }

    /// Bytes of the log that hold nothing a message needs, about.
    pub(crate) fn garbage(&self) -> u64 {
        (self.space.held_then + self.grown()).saturating_sub(self.partition.content_bytes())
    }

    /// Whether a restart would have to read too much, or too much space is taken by what nobody needs.
    pub(crate) fn wants_snapshot(&self) -> bool {
        let grown = self.grown();
        let garbage = self.garbage();
        grown > self.limits.snapshot_after
            || (grown > self.limits.garbage_max / 2
                && garbage > self.limits.garbage_max.max(self.partition.content_bytes()))
    }

    /// Whether space could come back once there is nothing better to do.
    pub(crate) fn could_tidy(&self) -> bool {
        self.grown() > 0 && self.garbage() > self.limits.garbage_idle
    }
}
