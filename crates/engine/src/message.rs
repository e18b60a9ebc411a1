//! Messages on their way in and out. What a message says is opaque here: the service that sends it encodes it.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{QueueKey, Timestamp};

/// 128 random bits that the sender chose; written as a UUID by services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(pub u128);

/// A message that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id, kept through dead-letter moves.
    pub id: MessageId,
    /// Body and attributes in the sending service's own encoding.
    pub content: Bytes,
    /// Invisible for so many seconds; the queue's delay where absent.
    pub delay_seconds: Option<u32>,
    /// FIFO: the group that is kept in order. Standard: the tenant of a fair queue.
    pub group: Option<Arc<str>>,
    /// FIFO: a second message of the same id within five minutes is dropped.
    pub deduplication_id: Option<Arc<str>>,
}

/// A message and the queue it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueue {
    /// The queue.
    pub queue: QueueKey,
    /// The message.
    pub message: NewMessage,
}

/// Sends that become durable together: all or nothing, whatever happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Whose sends stay in order among each other (a topic's ARN). `None`: sends into one queue only.
    pub home: Option<Arc<str>>,
    /// The sends, in order.
    pub enqueue: Vec<Enqueue>,
}

/// What became of one send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's id, or that of the first one if this is a duplicate.
    pub message_id: MessageId,
    /// FIFO: grows within the queue. `None` for standard queues, and where the queue lies in another partition than
    /// the commit's home and numbers the message when it arrives.
    pub sequence_number: Option<u64>,
    /// FIFO: dropped, because the same deduplication id was sent within five minutes.
    pub duplicate: bool,
}

/// A message handed to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message's id.
    pub message_id: MessageId,
    /// What the sender stored.
    pub content: Bytes,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was received for the first time.
    pub first_received_at: Timestamp,
    /// How often it was received, this time included.
    pub receive_count: u32,
    /// FIFO: its number.
    pub sequence_number: Option<u64>,
    /// FIFO: its group. Standard: its tenant.
    pub group: Option<Arc<str>>,
    /// The queue it was moved from when it had been received too often.
    pub dead_letter_source: Option<QueueKey>,
    /// Names this very receive, for `settle`.
    pub receipt_handle: String,
}
