//! The partition: its queues, what waits to go to other partitions, and what has come from them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use engine::{Queue, QueueCounts, QueueKey, QuickMap, Refusal, Timestamp};

use crate::Operation;
use crate::outbox::Outbox;
use crate::queue::QueueState;

/// All state of one partition.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// In order, for lists; `numbers` has the same.
    pub(crate) keys: BTreeMap<QueueKey, u32>,
    pub(crate) numbers: QuickMap<QueueKey, u32>,
    pub(crate) queues: QuickMap<u32, QueueState>,
    pub(crate) next_queue: u32,
    pub(crate) outboxes: BTreeMap<u16, Outbox>,
    /// The highest number that has arrived from each partition.
    pub(crate) arrived: BTreeMap<u16, u64>,
    /// Of all messages in queues.
    pub(crate) content_bytes: u64,
    /// How far time was let pass. Not part of what is kept: only fairness looks at it.
    pub(crate) now: Timestamp,
    /// When something happens next, by queue.
    pub(crate) timers: BTreeSet<(Timestamp, u32)>,
}

impl Partition {
    /// When time next changes something by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(moment, _)| *moment)
    }

    /// Bytes that the contents of all messages take.
    pub fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// A queue as it stands.
    pub fn queue(&self, key: &QueueKey) -> Result<Arc<Queue>, Refusal> {
        self.find(key).map(|(_, queue)| Arc::clone(&queue.about))
    }

    /// How many messages a queue holds.
    pub fn counts(&self, key: &QueueKey) -> Result<QueueCounts, Refusal> {
        self.find(key).map(|(_, queue)| queue.counts())
    }

    /// The number of a queue in this partition.
    pub fn number(&self, key: &QueueKey) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// Whether a receive from the queue of that number would find something now.
    pub fn has_visible(&self, number: u32) -> bool {
        self.queues.get(&number).is_some_and(QueueState::has_visible)
    }

    /// Queues whose keys begin with `prefix` and come after `after`, in order.
    pub fn list(&self, prefix: &str, after: Option<&QueueKey>, limit: usize) -> Vec<Arc<Queue>> {
        let prefix_key = QueueKey::new(prefix);
        let from = match after {
            Some(after) if *after >= prefix_key => Bound::Excluded(after.clone()),
            _ => Bound::Included(prefix_key),
        };
        self.keys
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| key.as_str().starts_with(prefix))
            .filter_map(|(_, number)| self.queues.get(number))
            .map(|queue| Arc::clone(&queue.about))
            .take(limit)
            .collect()
    }

    /// The numbers of the queues that operations are about.
    pub fn touched(operations: &[Operation]) -> Vec<u32> {
        let mut numbers: Vec<u32> = operations.iter().filter_map(Operation::queue).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub(crate) fn find(&self, key: &QueueKey) -> Result<(u32, &QueueState), Refusal> {
        let number = self.numbers.get(key).ok_or_else(|| Refusal::NoSuchQueue(key.clone()))?;
        let queue = self.queues.get(number).ok_or_else(|| Refusal::NoSuchQueue(key.clone()))?;
        Ok((*number, queue))
    }

    /// Works on a queue that exists, keeps account of its contents, and sets its timer.
    pub(crate) fn with<T>(&mut self, number: u32, work: impl FnOnce(&mut QueueState) -> T) -> Option<T> {
        let queue = self.queues.get_mut(&number)?;
        queue.now = self.now;
        let before = queue.content_bytes;
        let done = work(queue);
        self.content_bytes = self.content_bytes + queue.content_bytes - before;
        self.retime(number);
        Some(done)
    }

    /// Sets the queue's timer to its next moment.
    pub(crate) fn retime(&mut self, number: u32) {
        let Some(queue) = self.queues.get_mut(&number) else { return };
        let due = queue.due();
        if queue.timer == due {
            return;
        }
        if let Some(old) = queue.timer {
            self.timers.remove(&(old, number));
        }
        if let Some(new) = due {
            self.timers.insert((new, number));
        }
        queue.timer = due;
    }
}
