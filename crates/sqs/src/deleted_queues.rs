//! Names of queues that were deleted a moment ago and cannot be given again yet. The registry keeps them: a restart
//! forgets none.

use std::time::Duration;

use engine::{Error, Expect, QueueKey, RecordKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Sqs, limits};

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>
const BLOCKED_FOR: Duration = Duration::from_mins(1);
const PREFIX: &str = "sqs/deleted-queues/";

/// When a queue was deleted. Version 1.
#[derive(Serialize, Deserialize)]
struct DeletedQueue {
    version: u32,
    at: Timestamp,
}

fn record_key(queue: &QueueKey) -> RecordKey {
    RecordKey::new(format!("{PREFIX}{queue}"))
}

/// Whether the minute is over; a record that cannot be read blocks nothing.
fn is_over(value: &[u8], now: Timestamp) -> bool {
    serde_json::from_slice(value).map_or(true, |deleted: DeletedQueue| now.since(deleted.at) >= BLOCKED_FOR)
}

impl Sqs {
    /// Blocks the name of a queue that is about to be deleted, and forgets those that are free again.
    pub(crate) async fn block_name(&self, queue: &QueueKey, now: Timestamp) -> Result<(), Error> {
        for record in self.engine.list(PREFIX, None, limits::NAMES_FREED_MAX).await? {
            if is_over(&record.value, now) {
                self.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        let deleted = DeletedQueue { version: 1, at: now };
        let value = serde_json::to_vec(&deleted).expect("two numbers");
        self.engine.put(record_key(queue), value.into(), Expect::Anything).await.map(|_| ())
    }

    /// The queue is not deleted after all.
    pub(crate) async fn free_name(&self, queue: &QueueKey) -> Result<(), Error> {
        self.engine.delete(record_key(queue), Expect::Anything).await
    }

    /// Whether a queue of that name was deleted within the last minute.
    pub(crate) async fn is_name_blocked(&self, queue: &QueueKey, now: Timestamp) -> Result<bool, Error> {
        let record = self.engine.get(&record_key(queue)).await?;
        Ok(record.is_some_and(|record| !is_over(&record.value, now)))
    }
}
