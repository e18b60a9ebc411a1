//! One partition at work: its state, its journal, and who waits on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine::{Clock, EngineError, Error, QueueKey, Refusal, Timestamp};
use futures_util::future::BoxFuture;
use journal::{Journal, JournalError, Position};
use partition::{Decision, Location, Operation, Partition, Record};
use tokio::sync::Notify;

use crate::content_cache::ContentCache;
use crate::engine_error::{failed, from_journal};
use crate::limits;
use crate::parked::{Lines, Place};

/// A partition of the store.
pub(crate) struct Cell {
    pub(crate) number: u16,
    pub(crate) journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    cache: Mutex<ContentCache>,
    /// The next moment may have come nearer.
    pub(crate) rescheduled: Notify,
    /// Letters for other partitions were posted.
    pub(crate) posted: Notify,
    /// The journal has grown enough for a snapshot.
    pub(crate) grown: Notify,
}

pub(crate) struct State {
    pub(crate) partition: Partition,
    pub(crate) tail: Position,
    pub(crate) lines: Lines,
    pub(crate) snapshot_at: Position,
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
    /// The answer, once it may be given.
    pub(crate) async fn told(self) -> Result<A, Error> {
        if let Some(durable) = self.durable {
            durable.await.map_err(failed)?;
        }
        Ok(self.answer)
    }
}

impl Cell {
    pub(crate) fn new(
        number: u16,
        partition: Partition,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        snapshot_at: Position,
    ) -> Arc<Self> {
        let tail = journal.tail();
        Arc::new(Self {
            number,
            journal,
            clock,
            state: Mutex::new(State { partition, tail, lines: Lines::default(), snapshot_at }),
            cache: Mutex::default(),
            rescheduled: Notify::new(),
            posted: Notify::new(),
            grown: Notify::new(),
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

    /// Like `run`; if the answer is empty, takes a place in line before anybody else can change the queue.
    pub(crate) fn run_or_park<A>(
        self: &Arc<Self>,
        queue: &QueueKey,
        decide: impl FnOnce(&Partition, Timestamp) -> Result<Decision<Vec<A>>, Refusal>,
    ) -> Result<Result<Done<Vec<A>>, Place>, Error> {
        let mut state = self.state();
        let done = self.run_locked(&mut state, decide)?;
        if done.answer.is_empty() {
            return Ok(Err(Place::take(self, &mut state.lines, queue)));
        }
        Ok(Ok(done))
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
        if operations.is_empty() {
            // What the answer rests on (a duplicate's first send) must be safe all the same.
            let durable = wait.then(|| self.journal.durable(state.tail));
            return Ok(Done { answer, durable });
        }
        self.write(state, &operations, contents)?;
        self.tell(state, &operations);
        if state.partition.due() != due_before {
            self.rescheduled.notify_one();
        }
        Ok(Done { answer, durable: wait.then(|| self.journal.durable(state.tail)) })
    }

    /// One record, applied at once.
    fn write(&self, state: &mut State, operations: &[Operation], contents: Vec<Bytes>) -> Result<(), Error> {
        let record = Record::encode(operations, contents);
        let appended = self.journal.append(state.tail, &record.parts()).map_err(failed)?;
        let locations = record.locations(operations, appended.at.0);
        for (operation, location) in operations.iter().zip(&locations) {
            state.partition.apply(operation, *location);
        }
        state.tail = appended.end;
        let mut cache = self.cache();
        for (location, content) in locations.into_iter().flatten().zip(record.contents) {
            cache.put(location, content, limits::CONTENT_CACHE_BYTES_MAX);
        }
        if state.tail.0 - state.snapshot_at.0 > limits::SNAPSHOT_AFTER_BYTES {
            self.grown.notify_one();
        }
        Ok(())
    }

    /// Wakes receivers of the queues in which something can be received now.
    fn tell(&self, state: &mut State, operations: &[Operation]) {
        let State { partition, lines, .. } = state;
        for queue in partition.touched(operations) {
            if partition.has_visible(&queue) {
                lines.wake_one(&queue);
            }
        }
        let posted = |operation: &Operation| {
            matches!(operation, Operation::Outbound { .. } | Operation::OutboundDeadLetter { .. })
        };
        if operations.iter().any(posted) {
            self.posted.notify_one();
        }
    }

    pub(crate) fn wake_one(&self, queue: &QueueKey) {
        self.state().lines.wake_one(queue);
    }

    fn cache(&self) -> MutexGuard<'_, ContentCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message's content, from the cache or the journal.
    pub(crate) fn content(&self, at: Location) -> Result<Bytes, EngineError> {
        if let Some(content) = self.cache().get(at) {
            return Ok(content);
        }
        self.journal.read(Position(at.position), at.offset, at.length).map_err(from_journal)
    }
}

impl State {
    /// Lets time pass; one waiter for each queue in which a message became visible.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        for queue in self.partition.advance(now) {
            self.lines.wake_one(&queue);
        }
    }
}
