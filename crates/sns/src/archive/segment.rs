//! A segment: a blob of messages, a line each, and the record that names it. Version 1.

use aws::Arn;
use bytes::Bytes;
use engine::{BlobId, Delivery, RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::ServiceError;
use uuid::Uuid;

/// What the registry keeps of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentRecord {
    pub(crate) version: u32,
    pub(crate) blob: BlobId,
    /// The lowest and highest sequence numbers in it.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// When the newest of its messages was published.
    pub(crate) newest: Timestamp,
}

/// A message in a segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Archived {
    pub(crate) message_id: String,
    pub(crate) sequence_number: u64,
    pub(crate) published_at: Timestamp,
    /// As it waited in the topic's queue.
    pub(crate) content: Box<RawValue>,
}

impl Archived {
    /// `None` if its content cannot be kept as what it is.
    pub(crate) fn of(delivery: &Delivery, published_at: Timestamp) -> Option<Self> {
        let content = String::from_utf8(delivery.content.to_vec()).ok()?;
        Some(Self {
            message_id: Uuid::from_u128(delivery.message_id.0).to_string(),
            sequence_number: delivery.sequence_number?,
            published_at,
            content: RawValue::from_string(content).ok()?,
        })
    }
}

/// All segments' records.
pub(crate) const SEGMENTS: &str = "sns/archive/";

/// Those of a topic.
pub(crate) fn segments_of(topic: &Arn) -> String {
    format!("{SEGMENTS}{topic}/")
}

/// Segments are numbered in the order in which they were written.
pub(crate) fn key(topic: &Arn, number: u64) -> RecordKey {
    RecordKey::new(format!("{}{number:020}", segments_of(topic)))
}

/// The number of a segment's key.
pub(crate) fn number(key: &RecordKey) -> Option<u64> {
    key.as_str().rsplit('/').next()?.parse().ok()
}

pub(crate) fn encode(messages: &[Archived]) -> Bytes {
    let mut lines = Vec::new();
    for message in messages {
        serde_json::to_writer(&mut lines, message).expect("text and numbers");
        lines.push(b'\n');
    }
    lines.into()
}

pub(crate) fn decode(content: &[u8]) -> Result<Vec<Archived>, ServiceError> {
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let messages: Result<Vec<Archived>, _> = lines.map(serde_json::from_slice).collect();
    messages.map_err(|error| ServiceError::internal(format!("a segment of an archive: {error}")))
}
