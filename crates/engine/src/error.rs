//! What an engine answers when it cannot do what it was asked.

use crate::{QueueKey, RecordKey};

/// Either the request does not fit the state (`Refused`), or the engine itself has failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The state of queues or registry does not allow it. Nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine failed. Whether anything was changed is unknown until it has been restarted.
    #[error(transparent)]
    Failed(#[from] EngineError),
}

/// Why a well-formed request was not carried out. Each service turns these into its own fault rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No queue of that key, or it is deleted.
    #[error("queue {0} does not exist")]
    NoSuchQueue(QueueKey),
    /// Create: there is one already; `Queues::queue` tells with which settings.
    #[error("queue {0} exists already")]
    QueueExists(QueueKey),
    /// Set: the queue has changed since the revision that the caller had read.
    #[error("queue {0} has changed meanwhile")]
    QueueChanged(QueueKey),
    /// Purge: the last one was less than 60 seconds ago.
    #[error("queue {0} was purged less than 60 seconds ago")]
    PurgedRecently(QueueKey),
    /// The queue holds as many messages in flight as it may.
    #[error("queue {0} has too many messages in flight")]
    TooManyInFlight(QueueKey),
    /// Not a receipt handle of this engine and queue.
    #[error("not a receipt handle of this queue")]
    InvalidReceiptHandle,
    /// FIFO: the visibility timeout that belonged to the handle has run out.
    #[error("the receipt handle has expired")]
    ExpiredReceiptHandle,
    /// The message is deleted, or not in flight under this handle.
    #[error("the message is not in flight")]
    NotInFlight,
    /// More than twelve hours since the message was received.
    #[error("a message may not stay invisible for more than 12 hours in all")]
    InvisibleTooLong,
    /// Move: the message was sent into its dead-letter queue directly.
    #[error("the message came from no other queue")]
    NoSource,
    /// Registry: the record's revision is not the expected one (or there is one, or none).
    #[error("record {0} has changed meanwhile")]
    RecordChanged(RecordKey),
    /// No blob of that id.
    #[error("blob does not exist")]
    NoSuchBlob,
}

/// Why an engine cannot go on. The caller of an action sees AWS's internal error, the log the whole text.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The disk refused.
    #[error("input/output error: {0}")]
    Io(String),
    /// A checksum does not fit.
    #[error("corrupt record in {segment} at {offset}: {reason}")]
    Corrupt {
        /// The file.
        segment: String,
        /// Bytes from its start.
        offset: u64,
        /// What does not fit.
        reason: String,
    },
    /// No room left.
    #[error("the store is full: {0}")]
    Full(String),
    /// Another owner has taken over.
    #[error("another process owns this store now")]
    Fenced,
    /// An earlier failure left the outcome unknown; only a restart makes it known.
    #[error("the store refuses writes after an earlier failure: {0}")]
    Poisoned(String),
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    Stopped,
}
