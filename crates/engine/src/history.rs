//! Hops: what happened to a message or a request, one record each, tied together by traces. They are for people who ask
//! what became of something; nothing rests on them, and they may be dropped.

use std::borrow::Cow;
use std::future::{pending, ready};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{Error, Timestamp};

/// A trace: 32 bits of seconds since 1970, then 96 bits that tell it apart. Zero: not known where the hop is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TraceId(pub u128);

impl TraceId {
    /// The 96 bits that tell it apart.
    pub fn unique(self) -> u128 {
        self.0 & ((1 << 96) - 1)
    }

    /// A trace that begins at a moment, told apart by an id: of the request or message that began it.
    pub fn begun(at: Timestamp, id: u128) -> Self {
        let seconds = u128::from(at.seconds() & 0xffff_ffff);
        Self((seconds << 96) | (id & ((1 << 96) - 1)))
    }
}

/// One hop of a trace. Zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpanId(pub u64);

impl SpanId {
    /// The span of a request or message: half of its id.
    pub fn of(id: u128) -> Self {
        Self(u64::try_from(id & u128::from(u64::MAX)).unwrap_or(u64::MAX))
    }

    /// The span of one receive of a message: whoever settles it has nothing but the handle.
    pub fn of_receipt(handle: &str) -> Self {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(handle.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }
}

/// A hop of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The trace.
    pub trace: TraceId,
    /// The hop.
    pub span: SpanId,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HopKind {
    /// An API call.
    Call,
    /// A message came to a topic.
    Publish,
    /// A subscription was asked whether it wants a message.
    Filter,
    /// A message or an event went into a queue.
    Send,
    /// A message was handed out.
    Receive,
    /// A message was done with.
    Delete,
    /// A message was given back.
    Return,
    /// A message went to a dead-letter queue, or was given up.
    DeadLetter,
    /// A function ran.
    Invoke,
    /// A message left for a mailbox or an endpoint.
    Deliver,
    /// A segment that instrumented code reported.
    Segment,
    /// Somebody started a step by hand, or again.
    Start,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HopOutcome {
    /// Well.
    Ok,
    /// It has begun and not ended.
    Running,
    /// It was not wanted.
    Skipped,
    /// The caller's fault.
    Refused,
    /// It failed.
    Failed,
}

/// Something worth telling of a hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: Box<str>,
}

/// How a payload's bytes are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayloadForm {
    /// As they are.
    #[default]
    Plain,
    /// A queue's content: a version (1 byte), a length (4 bytes, little-endian), so many bytes of head, the body.
    Headed,
    /// A line of head, then the body.
    Lined,
}

impl PayloadForm {
    /// The part that people read.
    pub fn body(self, payload: &Bytes) -> Bytes {
        const PREFIX: usize = 5;
        match (self, payload.first_chunk::<PREFIX>()) {
            (Self::Lined, _) => {
                let line = payload.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                payload.slice(line..)
            }
            (Self::Headed, Some(prefix)) => {
                let head = u32::from_le_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
                payload.slice(PREFIX.saturating_add(head).min(payload.len())..)
            }
            _ => payload.clone(),
        }
    }
}

/// The note of a send that is a move: the id that the message had before, 32 hexadecimal digits.
pub const MOVED_FROM: &str = "movedFrom";

/// One hop. Recording it costs little: nothing of it is encoded before another thread takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Its trace. Unknown for what concerns a message that is named by `id` or a receive that is named by `parent`.
    pub trace: TraceId,
    /// Itself. Recorded twice, the later one counts.
    pub span: SpanId,
    /// The hop that brought it about.
    pub parent: SpanId,
    /// What happened.
    pub kind: HopKind,
    /// How it went.
    pub outcome: HopOutcome,
    /// When it began; zero: when it is recorded.
    pub at: Timestamp,
    /// How long it took, microseconds; of a receive, how long the message had waited.
    pub took_us: u64,
    /// Of a receive, how often the message was received; of a call, the status; of an invocation, the messages.
    pub count: u32,
    /// The resource it happened to, as services name it.
    pub resource: Arc<str>,
    /// The message or request.
    pub id: u128,
    /// Hops of other traces that brought it about too.
    pub links: Vec<Link>,
    /// What else is worth telling.
    pub notes: Vec<Note>,
    /// How the payload is to be read.
    pub form: PayloadForm,
    /// What went in; empty where another hop has it, and in lists.
    #[serde(skip)]
    pub payload: Bytes,
    /// What came out; empty in lists.
    #[serde(skip)]
    pub answer: Bytes,
}

impl Hop {
    /// A hop of which only the least is known.
    pub fn new(kind: HopKind, link: Link, parent: SpanId, at: Timestamp, resource: Arc<str>) -> Self {
        Self {
            trace: link.trace,
            span: link.span,
            parent,
            kind,
            outcome: HopOutcome::Ok,
            at,
            took_us: 0,
            count: 0,
            resource,
            id: 0,
            links: Vec::new(),
            notes: Vec::new(),
            form: PayloadForm::Plain,
            payload: Bytes::new(),
            answer: Bytes::new(),
        }
    }

    /// Adds a note.
    #[must_use]
    pub fn noting(mut self, name: &'static str, value: impl Into<Box<str>>) -> Self {
        self.notes.push(Note { name: Cow::Borrowed(name), value: value.into() });
        self
    }

    /// The value of a note.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.iter().find(|note| note.name == name).map(|note| &*note.value)
    }
}

/// A hop as it was kept, without payload and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHop {
    /// Where: grows with time.
    pub position: u64,
    /// The hop.
    pub hop: Hop,
    /// Bytes of the payload as it is kept.
    pub payload_bytes: u32,
    /// Bytes of the answer.
    pub answer_bytes: u32,
}

/// What a follower of the history gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// The hops, oldest first.
    pub hops: Vec<KeptHop>,
    /// The position to go on from.
    pub next: u64,
    /// Hops between had gone before they were asked for.
    pub gap: bool,
}

/// By what hops are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HopKey {
    /// Hops of a trace, and those that name one of its hops in a link.
    Trace(TraceId),
    /// A message's or request's.
    Id(u128),
    /// A word: a string in a message's body, the key of an object.
    Word(String),
    /// Hops of a resource that are not mere receives and deletes.
    Resource(String),
    /// Hops that nothing brought about.
    Beginnings,
    /// Hops that failed.
    Failures,
}

/// How much history there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryFigures {
    /// Hops written since the start.
    pub recorded: u64,
    /// Hops dropped since the start, because more came than could be written.
    pub dropped: u64,
    /// Of so many traces one is kept at the moment; zero: there is no history.
    pub one_of: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// Where a message has a word by which it is to be found besides the strings at its top: names into its body. Lists are
/// looked through; a number names one element.
pub type WordPath = Vec<String>;

/// How one resource brings something about at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowKind {
    /// It sends or publishes there.
    Message,
    /// It invokes it.
    Invocation,
    /// Its messages are handed to it by an event source mapping.
    Mapping,
    /// It reads objects there.
    Read,
    /// It writes or deletes objects there.
    Write,
    /// What failed there comes here; to nowhere: it is given up.
    DeadLetter,
    /// A mail or post leaves.
    Delivery,
}

/// What one resource brought about at another in the last minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Empty: not known, or somebody outside.
    pub from: Arc<str>,
    /// Where it happened.
    pub to: Arc<str>,
    /// How.
    pub kind: FlowKind,
    /// How often in the last five minutes: as often as what is kept stands for, where not all traces are.
    pub count: u64,
    /// How many of them failed or were refused, likewise.
    pub failed: u64,
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn keeps(&self, _: TraceId) -> bool {
        false
    }
    fn record(&self, _: Hop) {}
    fn find(&self, _: HopKey, _: Option<u64>, _: usize) -> BoxFuture<'_, Result<Vec<KeptHop>, Error>> {
        Box::pin(ready(Ok(Vec::new())))
    }
    fn oldest(&self, _: TraceId, _: Vec<HopKey>) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(ready(Ok(None)))
    }
    fn hop(&self, _: u64) -> BoxFuture<'_, Result<Option<KeptHop>, Error>> {
        Box::pin(ready(Ok(None)))
    }
    fn follow(&self, _: Option<u64>, _: usize) -> BoxFuture<'_, Result<Followed, Error>> {
        Box::pin(ready(Ok(Followed::default())))
    }
    fn mark(&self, _: &'static str, _: u64) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(ready(Ok(())))
    }
    fn marked(&self, _: &'static str) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(ready(Ok(None)))
    }
    fn grown(&self) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }
    fn find_words_at(&self, _: &str, _: Vec<WordPath>) {}
    fn flows(&self, _: usize) -> BoxFuture<'_, Result<Vec<Flow>, Error>> {
        Box::pin(ready(Ok(Vec::new())))
    }
    fn figures(&self) -> HistoryFigures {
        HistoryFigures::default()
    }
}

/// The hops of the last hours. Where none are kept, nothing is ever found.
pub trait History: Send + Sync + 'static {
    /// Whether hops of a trace are kept: otherwise none need to be put together.
    fn keeps(&self, trace: TraceId) -> bool;
    /// Records a hop; never waits.
    fn record(&self, hop: Hop);
    /// Hops found by a key and recorded before `before`, newest first.
    fn find(
        &self,
        key: HopKey,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<KeptHop>, Error>>;
    /// Where the oldest hop of a trace lies that is found by one of the keys.
    fn oldest(&self, trace: TraceId, keys: Vec<HopKey>) -> BoxFuture<'_, Result<Option<u64>, Error>>;
    /// The hop at a position with payload and answer; `None` if it is not kept any more.
    fn hop(&self, position: u64) -> BoxFuture<'_, Result<Option<KeptHop>, Error>>;
    /// Hops recorded after a position, oldest first. `None`: the present end, and no hops.
    fn follow(&self, after: Option<u64>, limit: usize) -> BoxFuture<'_, Result<Followed, Error>>;
    /// Keeps how far a follower has come, beside the hops: where they are lost, so is this.
    fn mark(&self, follower: &'static str, position: u64) -> BoxFuture<'_, Result<(), Error>>;
    /// How far a follower had come; `None` if it never said.
    fn marked(&self, follower: &'static str) -> BoxFuture<'_, Result<Option<u64>, Error>>;
    /// Completes when hops were recorded since it was called.
    fn grown(&self) -> BoxFuture<'static, ()>;
    /// From now on, messages of a resource are found by the words there too.
    fn find_words_at(&self, resource: &str, paths: Vec<WordPath>);
    /// What brought what about in the last five minutes: failures first, then the most.
    fn flows(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Flow>, Error>>;
    /// How much there is.
    fn figures(&self) -> HistoryFigures;
}
