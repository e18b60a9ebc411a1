//! What services ask of each other. Each port is offered by one service and known here by what it does.
//!
//! Sends are *prepared* by their target (`prepare`) and committed by their source together with whatever else belongs
//! to the same step: one durable commit, no half fan-out.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws::{Arn, TraceHeader};
use bytes::Bytes;
use bytestring::ByteString;
use engine::{Enqueue, Link, Timestamp};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use wire::Blob;

use crate::ServiceError;

/// Why a port could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The target does not exist. Retrying does not help.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The target refuses this message (size, type, missing group). Retrying does not help.
    #[error("{0}")]
    Refused(String),
    /// A policy does not let the sender in. Retrying does not help until it is changed.
    #[error("{0}")]
    Denied(String),
    /// It failed here; later it may work.
    #[error("{0}")]
    Failed(String),
    /// No such service in this program.
    #[error("service {0} is not running")]
    NotServed(&'static str),
}

impl From<engine::Error> for PortError {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Refused(engine::Refusal::NoSuchQueue(key)) => Self::NotFound(key.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<PortError> for ServiceError {
    fn from(error: PortError) -> Self {
        Self::internal(error.to_string())
    }
}

/// A value of a message attribute, common to SQS and SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number`, `Binary`, `String.Array`, or one of these with a custom label.
    pub data_type: String,
    /// Its value.
    pub value: MessageAttributeValue,
}

/// Text for `String` and `Number`, bytes for `Binary`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MessageAttributeValue {
    Text(String),
    Binary(Blob),
}

/// A message's text on its way into queues: one for all of them, and hashed once.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct SharedText(Arc<Hashed>);

#[derive(Debug)]
struct Hashed {
    text: String,
    md5: OnceLock<[u8; 16]>,
}

impl SharedText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Its MD5, computed by the first who asks.
    pub fn md5_or(&self, compute: impl FnOnce(&[u8]) -> [u8; 16]) -> [u8; 16] {
        *self.0.md5.get_or_init(|| compute(self.0.text.as_bytes()))
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(Arc::new(Hashed { text, md5: OnceLock::new() }))
    }
}

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.text.as_bytes()
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for SharedText {}

/// A message for an SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// Its body.
    pub body: SharedText,
    /// Its attributes, at most ten.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// `MessageGroupId`.
    pub group: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication_id: Option<String>,
    /// Kept as `AWSTraceHeader`.
    pub trace: Option<TraceHeader>,
    /// Shown as `SenderId`.
    pub sender_id: String,
    /// On whose behalf it is sent.
    pub sender: Sender,
}

/// On whose behalf a message is sent or a function invoked: what the policy of the queue or function is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A service for one of its resources. The policy must allow it, also within one account.
    Service {
        /// `sns.amazonaws.com`.
        principal: &'static str,
        /// The topic, the bucket.
        source: Arn,
        /// The account that the source belongs to.
        account: String,
    },
    /// An account through a role of its own. Its own queues and functions are open to it.
    Account(String),
}

impl Sender {
    /// What a policy would call it.
    pub fn principal(&self) -> &str {
        match self {
            Self::Service { principal, .. } => principal,
            Self::Account(account) => account,
        }
    }
}

impl std::fmt::Display for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service { principal, source, .. } => write!(out, "{principal} with aws:SourceArn {source}"),
            Self::Account(account) => write!(out, "account {account}"),
        }
    }
}

/// A message received for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRecord {
    /// The receive as a hop of the message's trace.
    pub received: Link,
    /// `messageId`.
    pub message_id: String,
    /// `receiptHandle`.
    pub receipt_handle: String,
    /// `body`.
    pub body: ByteString,
    /// `md5OfBody`.
    pub md5_of_body: String,
    /// `attributes`: the system attributes that Lambda's records have.
    pub attributes: BTreeMap<&'static str, String>,
    /// `messageAttributes`.
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    /// `md5OfMessageAttributes`.
    pub md5_of_message_attributes: Option<String>,
}

/// What an event source mapping checks before it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFacts {
    /// Its `VisibilityTimeout`, seconds.
    pub visibility_timeout_seconds: u32,
    /// Whether it is a FIFO queue.
    pub fifo: bool,
    /// Where messages go that were received too often.
    pub dead_letter_queue: Option<Arn>,
}

/// Offered by SQS.
pub trait QueuePort: Send + Sync {
    /// Checks a message against SQS's rules and the queue's policy and encodes it for a commit. `NotFound`, `Refused`,
    /// `Denied`.
    fn prepare(&self, queue: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>>;
    /// Facts about a queue. `NotFound`.
    fn facts(&self, queue: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>>;
    /// Reads a message back from what was encoded for a commit. `Refused`: it is none.
    fn open(&self, content: &Bytes) -> Result<QueueMessage, PortError>;
    /// Receives up to `max_messages`, waiting up to `wait`. Dropping the future gives up.
    fn receive(
        &self,
        queue: Arn,
        max_messages: u32,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>>;
    /// Deletes received messages.
    fn delete(&self, queue: Arn, receipt_handles: Vec<String>) -> BoxFuture<'_, Result<(), PortError>>;
    /// Makes received messages visible again after `seconds`.
    fn return_in(
        &self,
        queue: Arn,
        receipt_handles: Vec<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<(), PortError>>;
}

/// Offered by SNS.
pub trait TopicPort: Send + Sync {
    /// Publishes on behalf of a sender (bucket notifications, destinations), whom the topic's policy must let in.
    /// Durable when it answers.
    fn publish(
        &self,
        topic: Arn,
        subject: Option<String>,
        message: String,
        trace: Option<TraceHeader>,
        sender: Sender,
    ) -> BoxFuture<'_, Result<(), PortError>>;
    /// `NotFound` if there is no such topic.
    fn exists(&self, topic: Arn) -> BoxFuture<'_, Result<(), PortError>>;
    /// Publishes to all subscriptions, or to one alone, whatever its filter policy says. Durable when it answers.
    fn publish_to(
        &self,
        topic: Arn,
        message: TopicMessage,
        only: Option<String>,
        trace: Option<TraceHeader>,
    ) -> BoxFuture<'_, Result<(), PortError>>;
    /// Topics and the ARNs of their confirmed subscriptions by which a queue or function gets messages.
    fn subscriptions_of(&self, endpoint: Arn) -> BoxFuture<'_, Result<Vec<(Arn, String)>, PortError>>;
}

/// A message for a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicMessage {
    /// Its text.
    pub message: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its attributes.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// `MessageGroupId`.
    pub group: Option<String>,
}

/// An event for a function that is invoked asynchronously.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionEvent {
    /// The event document.
    pub payload: Bytes,
    /// The trace it belongs to.
    pub trace: Option<TraceHeader>,
    /// On whose behalf the function is invoked.
    pub sender: Sender,
}

/// Offered by Lambda.
pub trait FunctionPort: Send + Sync {
    /// Checks the function's policy and encodes an asynchronous invocation for a commit: a send into the function's own
    /// event queue. `NotFound`, `Refused`, `Denied`.
    fn prepare(&self, function: Arn, event: FunctionEvent) -> BoxFuture<'_, Result<Enqueue, PortError>>;
    /// `NotFound` if there is no such function.
    fn exists(&self, function: Arn) -> BoxFuture<'_, Result<(), PortError>>;
    /// Whether a function lets somebody invoke it. `NotFound`, `Denied`.
    fn admits(&self, function: Arn, sender: Sender) -> BoxFuture<'_, Result<(), PortError>>;
    /// The queues that mappings read for a function.
    fn queues_of(&self, function: Arn) -> BoxFuture<'_, Result<Vec<Arn>, PortError>>;
}

/// Which object a call dealt with, as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectThen {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Its ETag.
    pub e_tag: String,
    /// Its version, where the bucket kept versions.
    pub version_id: Option<String>,
}

/// What has become of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSince {
    /// Its ETag now; `None`: it is gone.
    pub e_tag: Option<String>,
    /// Its version now, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// The version that it was then, if that is kept.
    pub then: Option<String>,
    /// Why that cannot be made current again; `None`: it can.
    pub hindrance: Option<NotRestorable>,
}

/// Why an object cannot be what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRestorable {
    /// Its bucket is gone.
    NoBucket,
    /// Its bucket never kept versions.
    NoVersions,
    /// The version of then is gone, or was never kept.
    VersionGone,
    /// Versioning is suspended, and the object as it is now would be lost.
    WouldLose,
}

/// Offered by S3.
pub trait ObjectPort: Send + Sync {
    /// What has become of an object.
    fn since(&self, then: ObjectThen) -> BoxFuture<'_, Result<ObjectSince, PortError>>;
    /// Makes a version current again: copies it onto its key, telling nobody of it. Answers the copy's version.
    /// `NotFound`.
    fn restore(
        &self,
        bucket: String,
        key: String,
        version_id: String,
    ) -> BoxFuture<'_, Result<String, PortError>>;
    /// Reads a whole object of at most `max_bytes`. `NotFound`, `Refused` (too large).
    fn read(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        max_bytes: u64,
    ) -> BoxFuture<'_, Result<Bytes, PortError>>;
    /// Writes a JSON document as an object, on behalf of a service (destinations). Durable when it answers. `NotFound`:
    /// no such bucket.
    fn write(&self, bucket: String, key: String, document: Bytes) -> BoxFuture<'_, Result<(), PortError>>;
}

/// A log stream, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogStream {
    /// The account it belongs to.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its log group: `/aws/lambda/f`.
    pub group: String,
    /// Its name.
    pub stream: String,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// When it happened.
    pub timestamp: Timestamp,
    /// The text, without the end of the line.
    pub message: String,
    /// The invocation it belongs to, if to one.
    pub request_id: Option<String>,
}

/// Offered by CloudWatch Logs.
pub trait LogPort: Send + Sync {
    /// Adds lines to a stream; the stream and its group are made if they are absent. Waits while too much waits to be
    /// written; on the disk some moments later. `Failed` if it cannot be written.
    fn write(&self, stream: Arc<LogStream>, events: Vec<LogEvent>) -> BoxFuture<'_, Result<(), PortError>>;
    /// The last lines of a log group, of all its streams (the stream's own name does not count here); none if there is
    /// no such group.
    fn tail(&self, group: LogStream, limit: usize) -> BoxFuture<'_, Result<Vec<LogEvent>, PortError>>;
}

/// All ports. Filled once while the program is put together, because services depend on each other both ways.
#[derive(Default, Clone)]
pub struct Ports(Arc<Slots>);

#[derive(Default)]
struct Slots {
    queues: OnceLock<Arc<dyn QueuePort>>,
    topics: OnceLock<Arc<dyn TopicPort>>,
    functions: OnceLock<Arc<dyn FunctionPort>>,
    objects: OnceLock<Arc<dyn ObjectPort>>,
    logs: OnceLock<Arc<dyn LogPort>>,
}

macro_rules! port {
    ($slot:ident, $offer:ident, $port:ident, $service:literal) => {
        #[doc = concat!("The port of ", $service, ".")]
        pub fn $slot(&self) -> Result<&dyn $port, PortError> {
            self.0.$slot.get().map(AsRef::as_ref).ok_or(PortError::NotServed($service))
        }

        #[doc = concat!("Offers the port of ", $service, "; the first offer stays.")]
        pub fn $offer(&self, port: Arc<dyn $port>) {
            let _ = self.0.$slot.set(port);
        }
    };
}

impl Ports {
    port!(queues, offer_queues, QueuePort, "sqs");
    port!(topics, offer_topics, TopicPort, "sns");
    port!(functions, offer_functions, FunctionPort, "lambda");
    port!(objects, offer_objects, ObjectPort, "s3");
    port!(logs, offer_logs, LogPort, "logs");
}
