//! What the tests stand on: an engine in memory, a clock set by hand, an executor and queues made for tests.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{AccountId, Arn, Region, RequestId, TraceHeader};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::{
    Clock, Commit, Engine, Enqueue, MessageId, NewMessage, QueueCounts, QueueKey, QueueKind, QueueSettings,
    Receive, Settle, Settlement, Timestamp,
};
use futures_util::future::BoxFuture;
use local::Local;
use serde_json::{Value as Json, json};
use service::ports::{
    ObjectPort, ObjectSince, ObjectThen, PortError, QueueFacts, QueueMessage, QueuePort, QueueRecord, Sender,
    TopicPort,
};
use service::{Caller, Context, Endpoint, Ids, Method, Ports, RandomIds, Reply, Tasks};
use testkit::SimulatedClock;
use tokio::sync::{mpsc, watch};
use wire::{Protocol, Request};

use crate::execution::{Execute, FunctionError, FunctionSpec, Invocation, InvokeError, Outcome, Piece};
use crate::{Dependencies, Lambda, Settings};

pub(super) const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:queue";
pub(super) const DEAD_LETTERS: &str = "arn:aws:sqs:us-east-1:000000000000:dead-letters";
pub(super) const VISIBILITY_SECONDS: u32 = 30;

type Answer = Box<dyn Fn(&Invocation) -> Result<Outcome, InvokeError> + Send + Sync>;

/// Runs functions by asking the test.
pub(super) struct Scripted {
    answer: Mutex<Answer>,
    pub(super) calls: Mutex<Vec<(Arc<FunctionSpec>, Invocation)>>,
    pub(super) retired: Mutex<Vec<Arn>>,
    pub(super) provisioned: Mutex<Vec<(Arn, u32)>>,
    /// The content type of streamed answers.
    pub(super) stream_type: Mutex<String>,
    /// Functions wait while it is true.
    pub(super) hold: watch::Sender<bool>,
    /// How often the processor is still busy.
    pub(super) busy: Mutex<u32>,
}

impl Scripted {
    pub(super) fn answer(
        &self,
        answer: impl Fn(&Invocation) -> Result<Outcome, InvokeError> + Send + Sync + 'static,
    ) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(super) fn events(&self) -> Vec<Json> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(_, invocation)| serde_json::from_slice(&invocation.payload).unwrap()).collect()
    }
}

impl Execute for Scripted {
    fn invoke(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        let outcome = (self.answer.lock().unwrap())(&invocation)
            .map(|outcome| Outcome { executed_version: spec.version.clone(), ..outcome });
        self.calls.lock().unwrap().push((spec, invocation));
        let mut hold = self.hold.subscribe();
        Box::pin(async move {
            let _ = hold.wait_for(|hold| !hold).await;
            outcome
        })
    }

    fn is_busy(&self) -> bool {
        let mut busy = self.busy.lock().unwrap();
        let is_busy = *busy > 0;
        *busy = busy.saturating_sub(1);
        is_busy
    }

    fn invoke_streaming(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(async move {
            let outcome = self.invoke(spec, invocation).await?;
            if outcome.function_error.is_none() {
                let content_type = self.stream_type.lock().unwrap().clone();
                let _ = pieces.send(Piece::Begins { content_type }).await;
                // Byte by byte: nothing depends on how an answer is cut.
                for byte in &outcome.payload {
                    let _ = pieces.send(Piece::Content(Bytes::copy_from_slice(&[*byte]))).await;
                }
            }
            Ok(outcome)
        })
    }

    fn provision(
        &self,
        spec: Arc<FunctionSpec>,
        environments: u32,
    ) -> BoxFuture<'_, Result<u32, InvokeError>> {
        self.provisioned.lock().unwrap().push((spec.version_arn(), environments));
        Box::pin(async move { Ok(environments) })
    }

    fn retire(&self, version: &Arn) {
        self.retired.lock().unwrap().push(version.clone());
    }
}

#[allow(clippy::unnecessary_wraps, reason = "what an executor answers")]
pub(super) fn answered(payload: &str) -> Result<Outcome, InvokeError> {
    Ok(Outcome {
        measured: crate::Measured::default(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        function_error: None,
        log_tail: Bytes::from_static(b"START\nEND\n"),
        executed_version: "$LATEST".to_owned(),
    })
}

pub(super) fn failed(payload: &str) -> Result<Outcome, InvokeError> {
    answered(payload).map(|outcome| Outcome { function_error: Some(FunctionError::Unhandled), ..outcome })
}

/// SQS as far as these tests need it: bodies only, over the engine's queues.
struct Queues(Arc<Local>);

impl QueuePort for Queues {
    fn prepare(&self, queue: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        let queue = QueueKey::new(queue.as_str());
        Box::pin(async move {
            engine::Queues::queue(&*self.0, &queue).await?;
            let attributes: BTreeMap<_, _> =
                message.attributes.iter().map(|(name, value)| (name, format!("{:?}", value.value))).collect();
            Ok(enqueue(queue, &json!({"body": message.body.as_str(), "attributes": attributes}).to_string()))
        })
    }

    fn facts(&self, queue: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>> {
        Box::pin(async move {
            let queue = engine::Queues::queue(&*self.0, &QueueKey::new(queue.as_str())).await?;
            let fifo = matches!(queue.settings.kind, QueueKind::Fifo(_));
            Ok(QueueFacts {
                visibility_timeout_seconds: queue.settings.visibility_timeout_seconds,
                fifo,
                dead_letter_queue: None,
            })
        })
    }

    fn open(&self, _: &Bytes) -> Result<QueueMessage, PortError> {
        Err(PortError::Refused("nothing here opens a message".to_owned()))
    }

    fn receive(
        &self,
        queue: Arn,
        max_messages: u32,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>> {
        let receive = Receive {
            queue: QueueKey::new(queue.as_str()),
            max_messages,
            visibility_timeout_seconds: None,
            wait,
            attempt_id: None,
        };
        Box::pin(async move {
            let received = engine::Queues::receive(&*self.0, receive).await?;
            let record = |delivery: engine::Delivery| QueueRecord {
                received: engine::Link::default(),
                message_id: uuid::Uuid::from_u128(delivery.message_id.0).to_string(),
                receipt_handle: delivery.receipt_handle,
                body: String::from_utf8_lossy(&delivery.content).into_owned(),
                md5_of_body: String::new(),
                attributes: BTreeMap::new(),
                message_attributes: BTreeMap::new(),
                md5_of_message_attributes: None,
            };
            Ok(received.into_iter().map(record).collect())
        })
    }

    fn delete(&self, queue: Arn, receipt_handles: Vec<String>) -> BoxFuture<'_, Result<(), PortError>> {
        let settlements = receipt_handles
            .into_iter()
            .map(|receipt_handle| Settlement { receipt_handle, settle: Settle::Delete })
            .collect();
        Box::pin(async move {
            engine::Queues::settle(&*self.0, QueueKey::new(queue.as_str()), settlements).await?;
            Ok(())
        })
    }

    fn return_in(
        &self,
        queue: Arn,
        receipt_handles: Vec<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        let settle = Settle::VisibleIn { seconds };
        let settlements =
            receipt_handles.into_iter().map(|receipt_handle| Settlement { receipt_handle, settle }).collect();
        Box::pin(async move {
            engine::Queues::settle(&*self.0, QueueKey::new(queue.as_str()), settlements).await?;
            Ok(())
        })
    }
}

/// S3 with one object: `bucket/key`, a package; and what is written.
#[derive(Default)]
struct Objects(Arc<Mutex<Vec<(String, String, Bytes)>>>);

impl ObjectPort for Objects {
    fn since(&self, then: ObjectThen) -> BoxFuture<'_, Result<ObjectSince, PortError>> {
        Box::pin(async move { Err(PortError::NotFound(then.key)) })
    }

    fn restore(&self, _: String, key: String, _: String) -> BoxFuture<'_, Result<String, PortError>> {
        Box::pin(async move { Err(PortError::NotFound(key)) })
    }

    fn read(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        _: u64,
    ) -> BoxFuture<'_, Result<Bytes, PortError>> {
        Box::pin(async move {
            match (bucket.as_str(), key.as_str(), version) {
                ("bucket", "key", None) => Ok(STANDARD.decode(package("from S3")).unwrap().into()),
                _ => Err(PortError::NotFound(key)),
            }
        })
    }

    fn write(&self, bucket: String, key: String, document: Bytes) -> BoxFuture<'_, Result<(), PortError>> {
        self.0.lock().unwrap().push((bucket, key, document));
        Box::pin(async { Ok(()) })
    }
}

/// SNS as far as these tests need it: what was published.
#[derive(Default)]
struct Topics(Arc<Mutex<Vec<String>>>);

impl TopicPort for Topics {
    fn publish_to(
        &self,
        topic: Arn,
        message: service::ports::TopicMessage,
        _: Option<String>,
        trace: Option<aws::TraceHeader>,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        self.publish(topic, message.subject, message.message, trace, Sender::Account(String::new()))
    }

    fn subscriptions_of(&self, _: Arn) -> BoxFuture<'_, Result<Vec<(Arn, String)>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn publish(
        &self,
        _: Arn,
        _: Option<String>,
        message: String,
        _: Option<TraceHeader>,
        _: Sender,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        self.0.lock().unwrap().push(message);
        Box::pin(async { Ok(()) })
    }

    fn exists(&self, _: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }
}

fn enqueue(queue: QueueKey, content: &str) -> Enqueue {
    let message = NewMessage {
        id: MessageId(RandomIds.uuid().as_u128()),
        content: Bytes::copy_from_slice(content.as_bytes()),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    };
    Enqueue { queue, message }
}

pub(super) struct Bench {
    pub(super) lambda: Arc<Lambda>,
    pub(super) executor: Arc<Scripted>,
    pub(super) clock: SimulatedClock,
    pub(super) engine: Arc<Local>,
    /// What was written to S3: bucket, key, content.
    pub(super) written: Arc<Mutex<Vec<(String, String, Bytes)>>>,
    /// What was published to SNS.
    pub(super) published: Arc<Mutex<Vec<String>>>,
    tasks: Tasks,
    folder: Arc<tempfile::TempDir>,
}

impl Bench {
    /// A server that has just been started, with two queues.
    pub(super) async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let settings = local::Settings {
            folder: folder.path().join("engine"),
            durability: local::Durability::Memory,
            partitions: 2,
            history: None,
        };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        for queue in [QUEUE, DEAD_LETTERS] {
            let settings = QueueSettings {
                kind: QueueKind::Standard,
                delay_seconds: 0,
                retention_seconds: 345_600,
                visibility_timeout_seconds: VISIBILITY_SECONDS,
                dead_letter: None,
                in_flight_max: 120_000,
            };
            engine::Queues::create_queue(&*engine, QueueKey::new(queue), settings, Bytes::new())
                .await
                .unwrap();
        }
        Self::over(engine, clock, Arc::new(folder))
    }

    fn over(engine: Arc<Local>, clock: SimulatedClock, folder: Arc<tempfile::TempDir>) -> Self {
        let executor = Arc::new(Scripted {
            answer: Mutex::new(Box::new(|invocation| {
                answered(std::str::from_utf8(&invocation.payload).unwrap())
            })),
            calls: Mutex::default(),
            retired: Mutex::default(),
            provisioned: Mutex::default(),
            stream_type: Mutex::new("application/octet-stream".to_owned()),
            hold: watch::Sender::new(false),
            busy: Mutex::default(),
        });
        let ports = Ports::default();
        ports.offer_queues(Arc::new(Queues(Arc::clone(&engine))));
        let (objects, topics) = (Objects::default(), Topics::default());
        let (written, published) = (Arc::clone(&objects.0), Arc::clone(&topics.0));
        ports.offer_objects(Arc::new(objects));
        ports.offer_topics(Arc::new(topics));
        let lambda = Lambda::new(Dependencies {
            engine: Arc::clone(&engine) as Arc<dyn Engine>,
            ids: Arc::new(RandomIds),
            clock: Arc::new(clock.clone()),
            ports,
            executor: Arc::clone(&executor) as Arc<dyn Execute>,
            settings: Settings {
                data_dir: folder.path().to_path_buf(),
                endpoint: "http://127.0.0.1:4566".to_owned(),
                lenient_policies: false,
            },
        });
        let tasks = Tasks::default();
        crate::start(&lambda, &tasks);
        Self { lambda, executor, clock, engine, written, published, tasks, folder }
    }

    /// Ends the service and starts it anew over the same engine.
    pub(super) async fn restart(self) -> Self {
        self.tasks.shut_down().await;
        Self::over(self.engine, self.clock, self.folder)
    }

    pub(super) fn context(&self) -> Context {
        Context {
            request_id: RequestId(RandomIds.uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: "test".to_owned(),
            },
            endpoint: Endpoint::of_host("127.0.0.1:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    /// A request as it comes over the wire.
    pub(super) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let service = crate::service(&self.lambda);
        let (action, rest, path_members) = service
            .actions
            .iter()
            .filter_map(|action| {
                let rest = action.rest.filter(|rest| rest.method == method)?;
                let has = |(name, value): (&str, &str)| query.contains(&format!("{name}={value}"));
                let fits = rest.query_literal.is_none_or(has);
                fits.then_some((action, rest, members(rest.path, path)?))
            })
            .max_by_key(|(_, rest, _)| rest.query_literal.is_some())
            .expect("an action lives there");
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let request = Request {
            protocol: Protocol::RestJson(rest),
            action: action.name,
            path_members,
            query: query.to_owned(),
            headers: map,
            body: body.into(),
        };
        let trace =
            request.headers.get("x-amzn-trace-id").and_then(|value| TraceHeader::parse(value.to_str().ok()?));
        match action.call(Context { trace, ..self.context() }, request).await {
            Ok(service::Answer::Whole(reply)) => reply,
            Ok(service::Answer::Stream(streamed)) => {
                let (head, body) = streamed.into_parts();
                let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
                Reply { status: head.status, headers: head.headers, body }
            }
            Err((protocol, error)) => {
                if let Some(detail) = &error.detail {
                    eprintln!("internal: {detail}");
                }
                protocol.encode_fault("id", &error.fault())
            }
        }
    }

    /// A page of the service's own.
    pub(super) async fn page(&self, path: &str) -> Reply {
        let service = crate::service(&self.lambda);
        let page = service.pages.iter().find(|page| path.starts_with(page.path_prefix)).expect("a page");
        let request =
            service::PageRequest { path: path.to_owned(), query: String::new(), context: self.context() };
        (page.answer)(request).await
    }

    pub(super) async fn json(&self, method: Method, target: &str, body: &Json) -> (u16, Json) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.send(method, target, &[], body).await;
        let answer =
            if reply.body.is_empty() { Json::Null } else { serde_json::from_slice(&reply.body).unwrap() };
        (reply.status.as_u16(), answer)
    }

    pub(super) async fn get(&self, target: &str) -> (u16, Json) {
        self.json(Method::Get, target, &Json::Null).await
    }

    pub(super) async fn post(&self, target: &str, body: &Json) -> (u16, Json) {
        self.json(Method::Post, target, body).await
    }

    pub(super) async fn put(&self, target: &str, body: &Json) -> (u16, Json) {
        self.json(Method::Put, target, body).await
    }

    pub(super) async fn delete(&self, target: &str) -> (u16, Json) {
        self.json(Method::Delete, target, &Json::Null).await
    }

    /// Creates a function and waits until it is active.
    pub(super) async fn create(&self, name: &str, more: &Json) -> Json {
        let (status, answer) = self.post("/2015-03-31/functions", &function(name, more)).await;
        assert_eq!(status, 201, "{answer}");
        self.settled(name).await
    }

    /// Waits until a function is on its way nowhere.
    pub(super) async fn settled(&self, name: &str) -> Json {
        let path = format!("/2015-03-31/functions/{name}/configuration");
        eventually(async || {
            let (_, answer) = self.get(&path).await;
            let done = answer["State"] != "Pending" && answer["LastUpdateStatus"] != "InProgress";
            done.then_some(answer)
        })
        .await
    }

    /// Creates a mapping of the queue to `f` and waits until it is enabled.
    pub(super) async fn map(&self, more: &Json) -> String {
        let mut input = json!({"FunctionName": "f", "EventSourceArn": QUEUE});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = self.post("/2015-03-31/event-source-mappings", &input).await;
        assert_eq!((status, &answer["State"]), (202, &json!("Creating")), "{answer}");
        let uuid = answer["UUID"].as_str().unwrap().to_owned();
        self.in_state(&uuid, "Enabled").await;
        uuid
    }

    pub(super) async fn in_state(&self, uuid: &str, state: &str) {
        let path = format!("/2015-03-31/event-source-mappings/{uuid}");
        eventually(async || (self.get(&path).await.1["State"] == state).then_some(())).await;
    }

    /// Sends messages in one commit.
    pub(super) async fn enqueue(&self, bodies: &[&str]) {
        let enqueue = bodies.iter().map(|body| enqueue(QueueKey::new(QUEUE), body)).collect();
        engine::Queues::commit(&*self.engine, Commit { home: None, enqueue }).await.unwrap();
    }

    pub(super) async fn counts(&self, queue: &str) -> QueueCounts {
        engine::Queues::counts(&*self.engine, &QueueKey::new(queue)).await.unwrap()
    }

    /// Nothing is left in the queue, not even in flight.
    pub(super) async fn drained(&self, queue: &str) {
        eventually(async || (self.counts(queue).await == QueueCounts::default()).then_some(())).await;
    }

    pub(super) async fn called(&self, times: usize) {
        eventually(async || (self.executor.count() >= times).then_some(())).await;
    }

    /// Lets time pass, second by second, until something is so; answers how long it took.
    pub(super) async fn advance_until(&self, mut check: impl AsyncFnMut() -> bool) -> Duration {
        let from: Timestamp = self.clock.now();
        eventually(async || {
            for _ in 0..20 {
                if check().await {
                    return Some(self.clock.now().since(from));
                }
                tokio::task::yield_now().await;
            }
            self.clock.advance(Duration::from_secs(1));
            None
        })
        .await
    }
}

/// Asks again and again until there is an answer; panics after ten seconds.
pub(super) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asking).await.expect("it should come to pass")
}

fn members(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.trim_end_matches('/').split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut members = Vec::new();
    for (part, given) in template.into_iter().zip(path) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => members.push((name, given.to_owned())),
            None if part == given => {}
            None => return None,
        }
    }
    Some(members)
}

/// A package with one file.
pub(super) fn package(content: &str) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

/// A package with these files.
pub(super) fn files(files: &[(&str, &str)]) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    STANDARD.encode(writer.finish().unwrap().into_inner())
}

/// CreateFunction's input.
pub(super) fn function(name: &str, more: &Json) -> Json {
    let mut input = json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ZipFile": package("#!/bin/sh\n")},
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}
