//! Creating, changing, deleting and purging queues.

use std::time::Duration;

use engine::{QueueKey, QueueSettings, Refusal, SettingsChange, Timestamp};

use crate::{Decision, Operation, Partition};

/// A queue may be purged once in so long.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html>
const BETWEEN_PURGES: Duration = Duration::from_mins(1);

impl Partition {
    /// A new queue.
    pub fn create(
        &self,
        key: QueueKey,
        settings: QueueSettings,
        record: Vec<u8>,
        now: Timestamp,
    ) -> Result<Decision<()>, Refusal> {
        if self.keys.contains_key(&key) {
            return Err(Refusal::QueueExists(key));
        }
        let queue = self.next_queue + 1;
        Ok(Decision::durable(vec![Operation::QueueCreated { queue, key, settings, record, at: now }], ()))
    }

    /// New settings and record.
    pub fn change(
        &self,
        key: &QueueKey,
        change: SettingsChange,
        now: Timestamp,
    ) -> Result<Decision<()>, Refusal> {
        let (queue, state) = self.find(key)?;
        if state.about.revision != change.expected_revision {
            return Err(Refusal::QueueChanged(key.clone()));
        }
        let SettingsChange { settings, record, .. } = change;
        let operation = Operation::QueueChanged { queue, settings, record: record.into(), at: now };
        Ok(Decision::durable(vec![operation], ()))
    }

    /// Removes a queue and all it holds.
    pub fn delete(&self, key: &QueueKey) -> Result<Decision<()>, Refusal> {
        let (queue, _) = self.find(key)?;
        Ok(Decision::durable(vec![Operation::QueueDeleted { queue }], ()))
    }

    /// Removes all messages.
    pub fn purge(&self, key: &QueueKey, now: Timestamp) -> Result<Decision<()>, Refusal> {
        let (queue, state) = self.find(key)?;
        if state.purged_at.is_some_and(|at| now.since(at) < BETWEEN_PURGES && now >= at) {
            return Err(Refusal::PurgedRecently(key.clone()));
        }
        Ok(Decision::durable(vec![Operation::QueuePurged { queue, at: now }], ()))
    }
}
