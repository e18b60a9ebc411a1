//! Telemetry of one environment: what happens in it, told to the extensions that subscribe, in batches.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::timestamp;
use bytes::Bytes;
use engine::Clock;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What happens before the first subscription is kept for it, so many events.
const EARLY_EVENTS_MAX: usize = 1000;
/// Events that wait for one subscriber; more are dropped, which it is told.
const EVENTS_WAITING_MAX: usize = 10_000;
/// How often a batch is sent before it is dropped, and the wait in between.
const SENDS_MAX: u32 = 3;
const SEND_AGAIN: Duration = Duration::from_millis(100);
const SEND_MAX: Duration = Duration::from_secs(5);

/// Streams of events, as subscriptions name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Platform,
    Function,
    Extension,
}

impl Kind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "platform" => Some(Self::Platform),
            "function" => Some(Self::Function),
            "extension" => Some(Self::Extension),
            _ => None,
        }
    }
}

/// An event, as it goes out.
#[derive(Clone, Debug, Serialize)]
struct Event {
    time: String,
    #[serde(rename = "type")]
    name: &'static str,
    record: Json,
    #[serde(skip)]
    kind: Option<Kind>,
}

/// When a batch goes out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffering {
    pub(crate) items_max: usize,
    pub(crate) bytes_max: usize,
    pub(crate) timeout: Duration,
}

/// Where it goes: a port on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A POST of a JSON list.
    Http { port: u16, path: String },
    /// A JSON document a line.
    Tcp { port: u16 },
}

struct Subscriber {
    kinds: Vec<Kind>,
    events: mpsc::Sender<Event>,
    dropped: u64,
    delivery: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// `None` once the environment has initialised.
    early: Option<Vec<Event>>,
    subscribers: Vec<Subscriber>,
}

/// The events of one environment.
pub(crate) struct Telemetry {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Telemetry {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State { early: Some(Vec::new()), subscribers: Vec::new() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has happened. The record is only made if somebody may want to know.
    pub(crate) fn emit(&self, kind: Kind, name: &'static str, record: impl FnOnce() -> Json) {
        let mut state = self.state();
        if state.early.is_none() && state.subscribers.is_empty() {
            return;
        }
        let time = timestamp::iso_milliseconds(self.clock.now().0);
        let event = Event { time, name, record: record(), kind: Some(kind) };
        for subscriber in &mut state.subscribers {
            subscriber.offer(&event);
        }
        if let Some(early) = state.early.as_mut().filter(|early| early.len() < EARLY_EVENTS_MAX) {
            early.push(event);
        }
    }

    /// Subscribes an extension; it also gets what happened before. Refused once the environment has initialised.
    pub(crate) fn subscribe(&self, kinds: Vec<Kind>, buffering: Buffering, destination: Destination) -> bool {
        let mut state = self.state();
        let Some(early) = &state.early else { return false };
        let (events, taken) = mpsc::channel(EVENTS_WAITING_MAX);
        let delivery = tokio::spawn(deliver(taken, buffering, destination));
        let mut subscriber = Subscriber { kinds, events, dropped: 0, delivery };
        for event in early {
            subscriber.offer(event);
        }
        state.subscribers.push(subscriber);
        true
    }

    /// The environment has initialised: nobody subscribes any more.
    pub(crate) fn close(&self) {
        self.state().early = None;
    }

    /// Sends what waits and ends; for so long at most.
    pub(crate) async fn finish(&self, at_most: Duration) {
        let subscribers = std::mem::take(&mut self.state().subscribers);
        let all = subscribers.into_iter().map(|subscriber| {
            let Subscriber { events, delivery, .. } = subscriber;
            drop(events);
            delivery
        });
        let _ = tokio::time::timeout(at_most, futures_util::future::join_all(all)).await;
    }
}

impl Subscriber {
    fn offer(&mut self, event: &Event) {
        if !event.kind.is_some_and(|kind| self.kinds.contains(&kind)) {
            return;
        }
        if self.dropped > 0 {
            let reason = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.";
            let record = json!({"reason": reason, "droppedRecords": self.dropped, "droppedBytes": 0});
            let told = Event { name: "platform.logsDropped", record, ..event.clone() };
            if self.events.try_send(told).is_ok() {
                self.dropped = 0;
            }
        }
        if self.events.try_send(event.clone()).is_err() {
            self.dropped += 1;
        }
    }
}

/// Puts events into batches and sends them until there are no more.
async fn deliver(mut events: mpsc::Receiver<Event>, buffering: Buffering, destination: Destination) {
    let mut batch = Vec::new();
    let mut bytes = 0;
    let mut due = None;
    loop {
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let more = tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => {
                    let text = serde_json::to_string(&event).expect("an event has text keys");
                    bytes += text.len();
                    batch.push(text);
                    due = due.or_else(|| Some(tokio::time::Instant::now() + buffering.timeout));
                    if batch.len() < buffering.items_max && bytes < buffering.bytes_max {
                        continue;
                    }
                    true
                }
                None => false,
            },
            () = sleep => true,
        };
        if !batch.is_empty() {
            send(&std::mem::take(&mut batch), &destination).await;
        }
        (bytes, due) = (0, None);
        if !more {
            return;
        }
    }
}

async fn send(batch: &[String], destination: &Destination) {
    for attempt in 1..=SENDS_MAX {
        let sent = tokio::time::timeout(SEND_MAX, try_send(batch, destination)).await;
        match sent {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::debug!(%error, attempt, "telemetry was not taken"),
            Err(_) => tracing::debug!(attempt, "telemetry was not taken in time"),
        }
        tokio::time::sleep(SEND_AGAIN).await;
    }
    tracing::warn!(events = batch.len(), "an extension does not take its telemetry; these events are lost");
}

async fn try_send(
    batch: &[String],
    destination: &Destination,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match destination {
        Destination::Tcp { port } => {
            let mut stream = TcpStream::connect(("127.0.0.1", *port)).await?;
            for event in batch {
                stream.write_all(event.as_bytes()).await?;
                stream.write_all(b"\n").await?;
            }
            Ok(stream.shutdown().await?)
        }
        Destination::Http { port, path } => {
            let stream = TcpStream::connect(("127.0.0.1", *port)).await?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let driving = tokio::spawn(connection);
            let body = Bytes::from(format!("[{}]", batch.join(",")));
            let request = Request::post(path.as_str())
                .header("host", format!("sandbox.localdomain:{port}"))
                .header("content-type", "application/json")
                .body(Full::new(body))?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            response.into_body().collect().await?;
            driving.abort();
            if status.is_success() { Ok(()) } else { Err(status.to_string().into()) }
        }
    }
}
