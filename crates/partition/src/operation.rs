//! What can happen to the state. Times are absolute; applying an operation never fails.

use std::sync::Arc;

use engine::{MessageId, QueueKey, QueueSettings, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a message's content lies in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The record.
    pub position: u64,
    /// Bytes from the record's start.
    pub offset: u32,
    /// How many bytes.
    pub length: u32,
}

/// One change of the state. Queues and messages are named by their numbers in the partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are the commands' own, see there")]
pub enum Operation {
    QueueCreated {
        queue: u32,
        key: QueueKey,
        settings: QueueSettings,
        record: Vec<u8>,
        at: Timestamp,
    },
    QueueChanged {
        queue: u32,
        settings: QueueSettings,
        record: Vec<u8>,
        at: Timestamp,
    },
    QueueDeleted {
        queue: u32,
    },
    QueuePurged {
        queue: u32,
        at: Timestamp,
    },
    /// A message came into a queue. Its content is the next one of the record. On FIFO queues its number is its
    /// sequence number.
    Sent(Sent),
    /// Messages were handed out; those of a repeated attempt keep their receive number.
    Received {
        queue: u32,
        messages: Vec<u64>,
        at: Timestamp,
        visible_at: Timestamp,
        attempt: Option<Arc<str>>,
    },
    Deleted {
        queue: u32,
        message: u64,
    },
    VisibilityChanged {
        queue: u32,
        message: u64,
        visible_at: Timestamp,
    },
    /// A content was copied forward, so that the records before can go. It is the next one of the record.
    ContentMoved {
        queue: u32,
        message: u64,
        content_length: u32,
    },
    /// Into a dead-letter queue of this partition; the content stays where it is.
    DeadLettered {
        queue: u32,
        message: u64,
        target: u32,
        number: u64,
        at: Timestamp,
    },
    /// A send into a queue of another partition. Its content is the next one of the record.
    Outbound {
        target: u16,
        number: u64,
        letter: OutboundLetter,
        content_length: u32,
    },
    /// Into a dead-letter queue of another partition; the content stays where it is.
    OutboundDeadLetter {
        target: u16,
        number: u64,
        queue: u32,
        message: u64,
        to: QueueKey,
        at: Timestamp,
    },
    /// The outbox entry of another partition has arrived here; later ones of the same number are repetitions.
    Arrived {
        source: u16,
        number: u64,
    },
    /// The target has everything up to this number.
    Acknowledged {
        target: u16,
        through: u64,
    },
    /// A receive attempt was repeated: the same messages again, and their timeout anew.
    AttemptRepeated {
        queue: u32,
        messages: Vec<u64>,
        visible_at: Timestamp,
    },
    /// Out of a dead-letter queue into a queue of this partition, as a new message; the content stays where it is.
    Redriven {
        queue: u32,
        message: u64,
        target: u32,
        number: u64,
        id: MessageId,
        at: Timestamp,
        visible_at: Timestamp,
    },
    /// The same into a queue of another partition.
    OutboundRedriven {
        target: u16,
        number: u64,
        queue: u32,
        message: u64,
        to: QueueKey,
        id: MessageId,
        at: Timestamp,
    },
}

/// A message as it comes into a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(
    missing_docs,
    clippy::struct_field_names,
    reason = "the fields are those of engine::NewMessage and Delivery"
)]
pub struct Sent {
    pub queue: u32,
    pub message: u64,
    pub id: MessageId,
    pub group: Option<Arc<str>>,
    pub deduplication_id: Option<Arc<str>>,
    pub sent_at: Timestamp,
    /// Retention counts from here.
    pub kept_from: Timestamp,
    pub visible_at: Timestamp,
    pub receive_count: u32,
    pub first_received_at: Timestamp,
    pub dead_letter_source: Option<QueueKey>,
    pub content_length: u32,
}

/// A message on its way to another partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of engine::NewMessage and Delivery")]
pub struct OutboundLetter {
    pub to: QueueKey,
    pub id: MessageId,
    pub group: Option<Arc<str>>,
    pub deduplication_id: Option<Arc<str>>,
    pub delay_seconds: Option<u32>,
    pub sent_at: Timestamp,
    pub kept_from: Timestamp,
    pub receive_count: u32,
    pub first_received_at: Timestamp,
    pub dead_letter_source: Option<QueueKey>,
}

impl Operation {
    /// The queue in which it may have made a message visible.
    pub(crate) fn queue(&self) -> Option<u32> {
        match self {
            Self::Sent(sent) => Some(sent.queue),
            Self::DeadLettered { target, .. } | Self::Redriven { target, .. } => Some(*target),
            Self::QueueChanged { queue, .. }
            | Self::Received { queue, .. }
            | Self::Deleted { queue, .. }
            | Self::VisibilityChanged { queue, .. }
            | Self::AttemptRepeated { queue, .. } => Some(*queue),
            _ => None,
        }
    }

    /// Bytes of content that this operation brings with it.
    pub(crate) fn content_length(&self) -> Option<u32> {
        match self {
            Self::Sent(sent) => Some(sent.content_length),
            Self::Outbound { content_length, .. } | Self::ContentMoved { content_length, .. } => {
                Some(*content_length)
            }
            _ => None,
        }
    }
}
