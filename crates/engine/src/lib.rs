//! What services may ask of durable queues, a registry, blobs and a history, as plain values and four small traits.
//!
//! No AWS, no I/O: an engine of one machine (`local`) and, later, of a cluster stand below the same traits.
//! Everything that an answer acknowledges is as durable as the engine was started to be.

mod blobs;
mod error;
mod history;
mod message;
mod peek;
mod queue;
mod queues;
mod registry;
mod time;

pub use blobs::{BlobId, BlobStream, Blobs, ByteRange};
pub use error::{EngineError, Error, Refusal};
pub use history::{
    Flow, FlowKind, Followed, History, HistoryFigures, Hop, HopKey, HopKind, HopOutcome, KeptHop, Link,
    MOVED_FROM, NoHistory, Note, PayloadForm, SpanId, TraceId, WordPath,
};
pub use message::{Commit, Delivery, Enqueue, MessageId, NewMessage, Sent};
pub use peek::{Activity, Peeked, Standing};
pub use queue::{
    DeadLetter, DeduplicationScope, Queue, QueueCounts, QueueKey, QueueKind, QueueSettings, QuickMap,
    SettingsChange,
};
pub use queues::{Moved, Moving, Queues, Receive, Settle, Settlement};
pub use registry::{Change, Expect, Record, RecordKey, Registry, Watch};
pub use time::{Clock, Timestamp};

/// The whole engine, as the program puts it together and services hold it.
pub trait Engine: Queues + Registry + Blobs + History {}

impl<T: Queues + Registry + Blobs + History> Engine for T {}
