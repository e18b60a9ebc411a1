//! What deciding a command yields.

use std::sync::Arc;

use bytes::Bytes;
use engine::{MessageId, QueueKey, Timestamp};

use crate::{Location, Operation, Receipt};

/// The operations that carry a command out, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<A> {
    /// To be written as one record and applied. None: nothing changes.
    pub operations: Vec<Operation>,
    /// The contents of those operations that bring one, in order.
    pub contents: Vec<Bytes>,
    /// What the caller gets.
    pub answer: A,
    /// Whether the answer has to wait until the record is durable.
    pub wait: bool,
}

impl<A> Decision<A> {
    pub(crate) fn durable(operations: Vec<Operation>, answer: A) -> Self {
        Self { operations, contents: Vec::new(), answer, wait: true }
    }
}

/// A message that a receive hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of engine::Delivery")]
pub struct Taken {
    pub receipt: Receipt,
    pub message_id: MessageId,
    pub content: Location,
    pub sent_at: Timestamp,
    pub first_received_at: Timestamp,
    pub receive_count: u32,
    pub sequence_number: Option<u64>,
    pub group: Option<Arc<str>>,
    pub dead_letter_source: Option<QueueKey>,
}
