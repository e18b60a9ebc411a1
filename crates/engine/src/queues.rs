//! The queue half of the engine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{
    Activity, Commit, Delivery, Error, MessageId, Peeked, Queue, QueueCounts, QueueKey, QueueSettings,
    Refusal, Sent, SettingsChange,
};

/// A request for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receive {
    /// From this queue.
    pub queue: QueueKey,
    /// At most so many, at least one.
    pub max_messages: u32,
    /// Invisible for so many seconds; the queue's own timeout where absent. 0 leaves them visible.
    pub visibility_timeout_seconds: Option<u32>,
    /// Long poll: answer once there is a message, or empty after this time.
    pub wait: Duration,
    /// FIFO: a receive with the same attempt id within five minutes hands out the same messages again.
    pub attempt_id: Option<Arc<str>>,
}

/// What is to happen with a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// It is done.
    Delete,
    /// It becomes visible so many seconds from now (0: at once).
    VisibleIn {
        /// Seconds from now, 0 to 43,200.
        seconds: u32,
    },
}

/// One receipt handle and what is to happen with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// From `Delivery::receipt_handle`.
    pub receipt_handle: String,
    /// What is to happen.
    pub settle: Settle,
}

/// Messages that are to leave a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// The queue they leave.
    pub queue: QueueKey,
    /// Where they go; each back to where it came from where absent.
    pub to: Option<QueueKey>,
    /// The ids that they get: at most so many are moved.
    pub ids: Vec<MessageId>,
    /// Only those that were there at an earlier move, as that one's answer says.
    pub through: Option<u64>,
}

/// What became of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// So many were moved; zero: there is none left that can be received now.
    pub moved: u32,
    /// For `Moving::through`.
    pub through: u64,
    /// Each message's old id, its new one, and its new queue.
    pub messages: Vec<(MessageId, MessageId, QueueKey)>,
}

/// Durable queues.
pub trait Queues: Send + Sync + 'static {
    /// Creates a queue. Refuses `QueueExists`; comparing with the existing one is the service's business.
    fn create_queue(
        &self,
        key: QueueKey,
        settings: QueueSettings,
        record: Bytes,
    ) -> BoxFuture<'_, Result<Arc<Queue>, Error>>;
    /// Replaces settings and record. Refuses `NoSuchQueue`, `QueueChanged`.
    fn change_queue(&self, key: QueueKey, change: SettingsChange)
    -> BoxFuture<'_, Result<Arc<Queue>, Error>>;
    /// Removes a queue and its messages. Refuses `NoSuchQueue`.
    fn delete_queue(&self, key: QueueKey) -> BoxFuture<'_, Result<(), Error>>;
    /// Removes all messages, in flight and delayed ones too, and forgets deduplication ids. Refuses `NoSuchQueue`,
    /// `PurgedRecently`.
    fn purge_queue(&self, key: QueueKey) -> BoxFuture<'_, Result<(), Error>>;
    /// The queue as it stands. Refuses `NoSuchQueue`. Cheap: asked once a request.
    fn queue(&self, key: &QueueKey) -> BoxFuture<'_, Result<Arc<Queue>, Error>>;
    /// How many messages it holds. Refuses `NoSuchQueue`.
    fn counts(&self, key: &QueueKey) -> BoxFuture<'_, Result<QueueCounts, Error>>;
    /// Up to `limit` queues whose keys begin with `prefix` and come after `after`, in order of their keys.
    fn list_queues(
        &self,
        prefix: &str,
        after: Option<&QueueKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Arc<Queue>>, Error>>;

    /// What every queue holds whose key begins with `prefix`, in order of their keys.
    fn activities(&self, prefix: &str) -> BoxFuture<'_, Result<Vec<Activity>, Error>>;
    /// A number that is another one once any queue was made, changed or removed, or holds something else.
    fn stirred(&self) -> u64;
    /// Up to `limit` messages that came after the one with number `after` (0: from the first), as they stand; nothing
    /// is received or changed. One that a power loss could still unsend may be among them. Refuses `NoSuchQueue`.
    fn peek(&self, key: &QueueKey, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Peeked>, Error>>;

    /// Stores messages: all or none. Refuses `NoSuchQueue` (naming the first one missing). One `Sent` a message, in
    /// order.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Vec<Sent>, Error>>;
    /// Hands out messages, waiting as long as asked. Dropping the future gives up the wait; no message is lost by it.
    /// Refuses `NoSuchQueue` (also when the queue is deleted while waiting), `TooManyInFlight` (standard queues; a
    /// receive that waits waits for room instead).
    fn receive(&self, receive: Receive) -> BoxFuture<'_, Result<Vec<Delivery>, Error>>;
    /// Deletes or returns messages; one result a settlement, in order. Refuses `NoSuchQueue` as a whole; each
    /// settlement `InvalidReceiptHandle`, `ExpiredReceiptHandle`, `NotInFlight`, `InvisibleTooLong`.
    fn settle(
        &self,
        queue: QueueKey,
        settlements: Vec<Settlement>,
    ) -> BoxFuture<'_, Result<Vec<Result<(), Refusal>>, Error>>;
    /// Moves visible messages out of a dead-letter queue into others, each of them wholly or not at all. There they are
    /// new: sent now, never received. Refuses `NoSuchQueue`, and `NoSource` if the first one came from nowhere.
    fn move_messages(&self, moving: Moving) -> BoxFuture<'_, Result<Moved, Error>>;
}
