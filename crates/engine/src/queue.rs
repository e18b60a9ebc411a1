//! What a queue is: its key, its settings, its counts.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A queue's name, unique in the engine. SQS uses the queue's ARN; other services' own queues begin with their name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QueueKey(Arc<str>);

impl QueueKey {
    /// Any text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A map that is looked up several times a request: quick to hash, and randomly seeded, so that nobody can choose keys
/// that collide.
pub type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Whether order is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueKind {
    /// Best-effort order, any parallelism.
    #[default]
    Standard,
    /// Order within each group, duplicates dropped within the scope.
    Fifo(DeduplicationScope),
}

/// Where a deduplication id is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeduplicationScope {
    /// In the whole queue.
    Queue,
    /// In each message group.
    MessageGroup,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The dead-letter queue.
    pub target: QueueKey,
    /// A message is moved at the attempt to receive it once more than this.
    pub max_receive_count: u32,
}

/// The settings that decide what a queue does with a message. Durations in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSettings {
    /// Standard or FIFO.
    pub kind: QueueKind,
    /// A new message is invisible for so long. On FIFO queues a change acts on waiting messages too.
    pub delay_seconds: u32,
    /// A message vanishes so long after it was sent.
    pub retention_seconds: u32,
    /// A received message is invisible for so long.
    pub visibility_timeout_seconds: u32,
    /// Where what fails too often goes.
    pub dead_letter: Option<DeadLetter>,
    /// How many messages may be in flight at once.
    pub in_flight_max: u32,
}

/// How many messages a queue holds. Exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Could be received now (for FIFO also those behind one of their group in flight).
    pub visible: u64,
    /// In flight.
    pub not_visible: u64,
    /// Not yet visible for the first time.
    pub delayed: u64,
}

/// A queue as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its key.
    pub key: QueueKey,
    /// What the engine acts on.
    pub settings: QueueSettings,
    /// What the owning service keeps with it (attributes, tags), opaque here.
    pub record: Bytes,
    /// Grows with each change of settings or record.
    pub revision: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When settings or record changed last.
    pub modified_at: Timestamp,
}

/// New settings and a new record for an existing queue, committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsChange {
    /// The revision the caller had read; another one is refused with `QueueChanged`.
    pub expected_revision: u64,
    /// The new settings; the kind may not change between standard and FIFO.
    pub settings: QueueSettings,
    /// The new record.
    pub record: Bytes,
}
