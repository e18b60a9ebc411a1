//! The partition: its queues, what waits to go to other partitions, and what has come from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use engine::{Queue, QueueCounts, QueueKey, Refusal, Timestamp};

use crate::Operation;
use crate::outbox::Outbox;
use crate::queue::QueueState;

/// All state of one partition.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    pub(crate) keys: BTreeMap<QueueKey, u32>,
    pub(crate) queues: HashMap<u32, QueueState>,
    pub(crate) next_queue: u32,
    pub(crate) outboxes: BTreeMap<u16, Outbox>,
    /// The highest number that has arrived from each partition.
    pub(crate) arrived: BTreeMap<u16, u64>,
    /// When something happens next, by queue.
    pub(crate) timers: BTreeSet<(Timestamp, u32)>,
}

impl Partition {
    /// When time next changes something by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(moment, _)| *moment)
    }

    /// A queue as it stands.
    pub fn queue(&self, key: &QueueKey) -> Result<Arc<Queue>, Refusal> {
        self.find(key).map(|(_, queue)| Arc::clone(&queue.about))
    }

    /// How many messages a queue holds.
    pub fn counts(&self, key: &QueueKey) -> Result<QueueCounts, Refusal> {
        self.find(key).map(|(_, queue)| queue.counts())
    }

    /// Whether a receive would find something now.
    pub fn has_visible(&self, key: &QueueKey) -> bool {
        self.find(key).is_ok_and(|(_, queue)| {
            if queue.is_fifo() { !queue.groups.none_ready() } else { !queue.line.is_empty() }
        })
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

    /// The queues that operations are about.
    pub fn touched(&self, operations: &[Operation]) -> Vec<QueueKey> {
        let numbers: BTreeSet<u32> = operations.iter().filter_map(Operation::queue).collect();
        numbers
            .iter()
            .filter_map(|number| self.queues.get(number))
            .map(|queue| queue.about.key.clone())
            .collect()
    }

    pub(crate) fn find(&self, key: &QueueKey) -> Result<(u32, &QueueState), Refusal> {
        let number = self.keys.get(key).ok_or_else(|| Refusal::NoSuchQueue(key.clone()))?;
        let queue = self.queues.get(number).ok_or_else(|| Refusal::NoSuchQueue(key.clone()))?;
        Ok((*number, queue))
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
