//! Looking at queues without touching them: nothing is received, counted or written.

use std::sync::Arc;

use bytes::Bytes;

use crate::{MessageId, QueueCounts, QueueKey, Timestamp};

/// Where a message stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A receive could take it (on FIFO queues: once those of its group before it are gone).
    Visible,
    /// Not yet visible for the first time.
    Delayed,
    /// Received, and neither deleted nor returned.
    InFlight,
}

/// A message that was looked at. It may be gone a moment later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// Grows with each message that comes into the queue; where the next look goes on.
    pub number: u64,
    /// The message's id.
    pub message_id: MessageId,
    /// What the sender stored.
    pub content: Bytes,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// When it becomes visible, unless it is.
    pub visible_at: Option<Timestamp>,
    /// How often it was received.
    pub receive_count: u32,
    /// FIFO: its group. Standard: its tenant.
    pub group: Option<Arc<str>>,
    /// The queue it was moved from when it had been received too often.
    pub dead_letter_source: Option<QueueKey>,
}

/// How much a queue holds and how much has come into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The queue.
    pub key: QueueKey,
    /// What it holds.
    pub counts: QueueCounts,
    /// Messages that have come into it since it was made.
    pub entered: u64,
    /// When the oldest message that it holds was sent or moved there, about.
    pub oldest: Option<Timestamp>,
    /// Whether it keeps order.
    pub fifo: bool,
    /// Where what fails too often goes.
    pub dead_letter: Option<QueueKey>,
}
