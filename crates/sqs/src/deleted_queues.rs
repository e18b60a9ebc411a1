//! Names of queues that were deleted a moment ago and cannot be given again yet.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::{QueueKey, Timestamp};

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>
const BLOCKED_FOR: Duration = Duration::from_mins(1);

/// The deletions of the last minute; a restart forgets them.
#[derive(Debug, Default)]
pub(crate) struct DeletedQueues(Mutex<VecDeque<(Timestamp, QueueKey)>>);

impl DeletedQueues {
    pub(crate) fn remember(&self, queue: QueueKey, now: Timestamp) {
        let mut deleted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut deleted, now);
        deleted.push_back((now, queue));
    }

    /// Whether a queue of that name was deleted within the last minute.
    pub(crate) fn blocks(&self, queue: &QueueKey, now: Timestamp) -> bool {
        let mut deleted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut deleted, now);
        deleted.iter().any(|(_, blocked)| blocked == queue)
    }
}

fn forget(deleted: &mut VecDeque<(Timestamp, QueueKey)>, now: Timestamp) {
    while deleted.front().is_some_and(|(at, _)| now.since(*at) >= BLOCKED_FOR) {
        deleted.pop_front();
    }
}
