//! What services show of themselves besides AWS's actions: read-only, over all accounts and Regions, for the console.
//! Nothing here is part of AWS's API, and looking changes nothing.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{QueueCounts, Standing, Timestamp};
use futures_util::future::BoxFuture;

use crate::ports::{MessageAttribute, PortError};

/// What a view answers.
pub type Seen<'a, T> = BoxFuture<'a, Result<T, PortError>>;

/// A queue at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueGlance {
    /// Its ARN.
    pub arn: Arn,
    /// Whether it keeps order.
    pub fifo: bool,
    /// What it holds.
    pub counts: QueueCounts,
    /// Messages that have come into it since it was made.
    pub entered: u64,
    /// When its oldest message was sent, about.
    pub oldest: Option<Timestamp>,
    /// Its dead-letter queue.
    pub dead_letter: Option<String>,
}

/// A message that was looked at, not received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekedMessage {
    /// Where the next look goes on.
    pub number: u64,
    /// `MessageId`.
    pub message_id: String,
    /// Its body.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// System attributes, by AWS's names, as far as they are known without a receive.
    pub system: BTreeMap<&'static str, String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// When it becomes visible, unless it is.
    pub visible_at: Option<Timestamp>,
    /// How often it was received.
    pub receive_count: u32,
}

/// Offered by SQS.
pub trait QueueView: Send + Sync {
    /// Every queue, in order of ARNs.
    fn queues(&self) -> Seen<'_, Vec<QueueGlance>>;
    /// A number that is another one once any glance would be.
    fn stirred(&self) -> u64;
    /// Up to `limit` messages that came after the one with number `after`. `NotFound`.
    fn peek(&self, queue: Arn, after: u64, limit: usize) -> Seen<'_, Vec<PeekedMessage>>;
}

/// A topic at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicGlance {
    /// Its ARN.
    pub arn: Arn,
    /// How many subscriptions it has.
    pub subscriptions: usize,
}

/// A subscription as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionGlance {
    /// Its ARN.
    pub arn: String,
    /// Its topic.
    pub topic: Arn,
    /// `sqs`, `lambda`, `email`, `https`, ….
    pub protocol: String,
    /// Where it delivers to.
    pub endpoint: String,
    /// Whether it waits for its confirmation.
    pub pending: bool,
    /// Whether messages come without an envelope.
    pub raw: bool,
    /// Its filter policy, as it was given.
    pub filter_policy: Option<String>,
    /// `MessageAttributes` or `MessageBody`.
    pub filter_scope: String,
    /// Where messages go that cannot be delivered.
    pub dead_letter: Option<String>,
}

/// What one condition of a filter policy says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The key, with dots where it lies below others.
    pub key: String,
    /// What it asks for, as JSON.
    pub asks: String,
    /// What the message has there, as JSON; `None`: nothing.
    pub found: Option<String>,
    /// Whether that is wanted.
    pub holds: bool,
    /// Alternatives of one `$or` have the same number; one of them must hold as a whole.
    pub alternative: Option<usize>,
}

/// Whether a subscription would get a message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The subscription.
    pub subscription: SubscriptionGlance,
    /// Whether its policy wants the message.
    pub wants: bool,
    /// Each condition of its policy; none without one.
    pub conditions: Vec<Condition>,
}

/// Offered by SNS.
pub trait TopicView: Send + Sync {
    /// Every topic, in order of ARNs.
    fn topics(&self) -> Seen<'_, Vec<TopicGlance>>;
    /// The subscriptions of a topic; of all topics without one.
    fn subscriptions(&self, topic: Option<Arn>) -> Seen<'_, Vec<SubscriptionGlance>>;
    /// What each subscription of a topic would say of a message. `NotFound`.
    fn judge(
        &self,
        topic: Arn,
        message: String,
        attributes: BTreeMap<String, MessageAttribute>,
    ) -> Seen<'_, Vec<Verdict>>;
}

/// What has become of a function's invocations since the server was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvocationCounts {
    /// Invocations that have ended.
    pub ended: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// Of these, those for which an environment was started.
    pub cold: u64,
    /// Milliseconds that they took in all.
    pub milliseconds: u64,
}

/// A function at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionGlance {
    /// Its ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// `provided.al2023`, `python3.13`, ….
    pub runtime: String,
    /// `Active`, `Pending`, `Failed`.
    pub state: &'static str,
    /// Its variables: ARNs and bucket names among them tell what it works with.
    pub environment: BTreeMap<String, String>,
    /// Execution environments that run an invocation.
    pub busy: usize,
    /// Execution environments that wait for one.
    pub warm: usize,
    /// Its invocations.
    pub invocations: InvocationCounts,
}

/// An event source mapping as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingGlance {
    /// Its id.
    pub uuid: String,
    /// Where it receives.
    pub queue: Arn,
    /// What it invokes.
    pub function: Arn,
    /// `Enabled`, `Disabled`, ….
    pub state: &'static str,
    /// Messages of one invocation at most.
    pub batch_size: u32,
}

/// A line of a function's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was read.
    pub timestamp: Timestamp,
    /// The invocation it belongs to.
    pub request_id: Option<String>,
    /// The text.
    pub message: String,
}

/// An event that a function is tested with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEvent {
    /// What people call it.
    pub name: String,
    /// The document.
    pub document: String,
}

/// Offered by Lambda. Saved test events are the one thing that is written here.
pub trait FunctionView: Send + Sync {
    /// Every function, in order of ARNs.
    fn functions(&self) -> Seen<'_, Vec<FunctionGlance>>;
    /// Every event source mapping.
    fn mappings(&self) -> Seen<'_, Vec<MappingGlance>>;
    /// Functions and where what they could not do goes: dead-letter targets and destinations, with what each is for.
    fn failure_targets(&self) -> Seen<'_, Vec<(Arn, String, &'static str)>>;
    /// The events that were saved to test a function with, in order of their names.
    fn test_events(&self, function: Arn) -> Seen<'_, Vec<TestEvent>>;
    /// Saves an event, over one of the same name. `Refused`: the name, or too many.
    fn save_test_event(&self, function: Arn, event: TestEvent) -> Seen<'_, ()>;
    /// Forgets an event; one that is not there is fine.
    fn delete_test_event(&self, function: Arn, name: String) -> Seen<'_, ()>;
    /// The last `limit` lines of a function's log.
    fn log_tail(&self, function: String, limit: usize) -> Seen<'_, Vec<LogLine>>;
}

/// A bucket as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketGlance {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whom it tells of what: ARNs and events.
    pub notifications: Vec<(String, String)>,
    /// Whether it keeps versions.
    pub versioning: BucketVersioning,
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketVersioning {
    /// It never did.
    Never,
    /// It does.
    Enabled,
    /// It did.
    Suspended,
}

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionGlance {
    /// Its id, or `null`.
    pub id: String,
    /// Bytes; `None`: it is a delete marker.
    pub size: Option<u64>,
    /// When it came.
    pub modified_at: Timestamp,
}

/// Offered by S3.
pub trait BucketView: Send + Sync {
    /// Every bucket, in order of names.
    fn buckets(&self) -> Seen<'_, Vec<BucketGlance>>;
    /// The newest versions of an object, at most so many, the newest first; none if there is no such object.
    fn versions(&self, bucket: String, key: String, limit: usize) -> Seen<'_, Vec<VersionGlance>>;
}

/// A file of the outbox folder: what would have left the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxFile {
    /// Its name: the moment, an id, and `.eml` (mails) or `.json` (text messages and push notifications).
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Offered by SNS.
pub trait OutboxView: Send + Sync {
    /// The names of all files, newest first.
    fn names(&self) -> Seen<'_, Vec<String>>;
    /// A file. `NotFound`, also for names that no outbox file has.
    fn file(&self, name: String) -> Seen<'_, OutboxFile>;
    /// Whether mails are sent by SMTP and do not land here.
    fn sends_by_smtp(&self) -> bool;
}
