//! The export against a receiver of its own: hops as spans, and what becomes of those that are not taken.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{History as _, Hop, HopKind, HopOutcome, Link, SpanId, Timestamp, TraceId};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::{Durability, HistoryLimits, Local, SystemClock};
use prometheus_client::registry::Registry;
use prost::Message as _;
use service::Tasks;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::Settings;
use crate::messages::{
    ExportTraceServiceRequest, ExportTraceServiceResponse, PartialSuccess, Span, SpanKind, Value,
};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// A receiver that answers as it is told, then well.
#[derive(Default)]
struct Receiver {
    answers: Mutex<VecDeque<(StatusCode, Vec<u8>)>>,
    /// Spans that were taken, with the service they belong to.
    spans: Mutex<Vec<(String, Span)>>,
    heads: Mutex<Vec<http::request::Parts>>,
    come: Notify,
}

impl Receiver {
    async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let this = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = Arc::clone(&this);
                let answer = service_fn(move |request| Arc::clone(&this).answer(request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
                );
            }
        });
        format!("http://{address}")
    }

    async fn answer(
        self: Arc<Self>,
        request: http::Request<hyper::body::Incoming>,
    ) -> Result<Response<Full<bytes::Bytes>>, std::convert::Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let (status, answer) = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        if status.is_success() {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            for of_resource in request.resource_spans {
                let attributes = of_resource.resource.unwrap().attributes;
                let name = attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
                let Some(Value::Text(name)) = name.value.clone().unwrap().value else { panic!("{name:?}") };
                let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                self.spans.lock().unwrap().extend(spans.map(|span| (name.clone(), span)));
            }
        }
        self.heads.lock().unwrap().push(head);
        self.come.notify_one();
        let mut response = Response::new(Full::new(answer.into()));
        *response.status_mut() = status;
        Ok(response)
    }

    async fn spans(&self, count: usize) -> Vec<(String, Span)> {
        let enough = async {
            while self.spans.lock().unwrap().len() < count {
                self.come.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), enough).await.expect("the spans within 20 seconds");
        self.spans.lock().unwrap().clone()
    }
}

struct Bench {
    local: Arc<Local>,
    tasks: Tasks,
    registry: Registry,
    receiver: Arc<Receiver>,
    folder: TempDir,
}

impl Bench {
    async fn with(answers: Vec<(StatusCode, Vec<u8>)>) -> Self {
        Self::over(tempfile::tempdir().unwrap(), HistoryLimits::default(), answers).await
    }

    async fn over(folder: TempDir, limits: HistoryLimits, answers: Vec<(StatusCode, Vec<u8>)>) -> Self {
        let clock = Arc::new(SystemClock::default());
        let settings = local::Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Relaxed,
            partitions: 1,
            history: Some(limits),
        };
        let local = Local::open(&settings, Arc::clone(&clock) as _).unwrap();
        let receiver = Arc::new(Receiver { answers: Mutex::new(answers.into()), ..Receiver::default() });
        let endpoint = receiver.listen().await.parse().unwrap();
        let (mut registry, tasks) = (Registry::default(), Tasks::default());
        let settings = Settings { endpoint, headers: vec!["x-api-key=k".parse().unwrap()] };
        crate::start(settings, Arc::clone(&local) as _, clock, &tasks).await.unwrap().register(&mut registry);
        Self { local, tasks, registry, receiver, folder }
    }

    fn figure(&self, name: &str) -> String {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry).unwrap();
        let line = page.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{page}"));
        line.rsplit(' ').next().unwrap().to_owned()
    }

    async fn end(self) -> TempDir {
        self.tasks.shut_down().await;
        self.local.shut_down().await.unwrap();
        self.folder
    }
}

/// It begins when it is recorded.
fn hop(kind: HopKind, trace: u128, span: u64, parent: u64, resource: &str) -> Hop {
    let link = Link { trace: TraceId(trace), span: SpanId(span) };
    Hop { took_us: 1_500, ..Hop::new(kind, link, SpanId(parent), Timestamp(0), resource.into()) }
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[tokio::test]
async fn a_batch_links_to_each_messages_trace_and_hops_have_their_conventions() {
    let bench = Bench::with(Vec::new()).await;
    for trace in [1, 2] {
        bench.local.record(Hop { id: 0x11, ..hop(HopKind::Send, trace, 10, 0, QUEUE) });
        bench.local.record(Hop { count: 3, id: 0x11, ..hop(HopKind::Receive, trace, 20, 10, QUEUE) });
    }
    let received = |trace| Link { trace: TraceId(trace), span: SpanId(20) };
    let invoke =
        Hop { count: 2, links: vec![received(1), received(2)], ..hop(HopKind::Invoke, 3, 30, 0, FUNCTION) };
    bench.local.record(Hop { outcome: HopOutcome::Running, ..invoke.clone() });
    let failed = invoke.noting("error", "ValueError").noting("message", "no").noting("log", "secret");
    bench.local.record(Hop { outcome: HopOutcome::Failed, ..failed });
    let put =
        hop(HopKind::Call, 3, 40, 30, "arn:aws:s3:::b").noting("action", "PutObject").noting("key", "k");
    bench.local.record(Hop { count: 200, ..put });

    let spans = bench.receiver.spans(6).await;
    assert_eq!(spans.len(), 6, "what runs is told when it has ended");
    let by_name: HashMap<&str, &(String, Span)> = spans.iter().map(|one| (&*one.1.name, one)).collect();
    let (service, send) = by_name["send q"];
    assert_eq!((service.as_str(), send.kind()), ("q", SpanKind::Producer));
    assert_eq!(send.end_time_unix_nano - send.start_time_unix_nano, 1_500_000);
    assert_eq!(
        (send.parent_span_id.as_slice(), text(send, "messaging.operation.type")),
        (&[][..], Some("publish"))
    );
    let (_, receive) = by_name["receive q"];
    assert_eq!(
        (receive.kind(), receive.parent_span_id.as_slice()),
        (SpanKind::Consumer, send.span_id.as_slice())
    );
    assert_eq!(
        (text(receive, "messaging.system"), text(receive, "messaging.destination.name")),
        (Some("aws_sqs"), Some("q"))
    );
    assert_eq!(text(receive, "messaging.message.id"), Some("00000000-0000-0000-0000-000000000011"));
    let (service, process) = by_name["process f"];
    assert_eq!(
        (service.as_str(), process.kind(), process.trace_id.as_slice()),
        ("f", SpanKind::Consumer, &3_u128.to_be_bytes()[..])
    );
    let linked: Vec<(&[u8], &[u8])> =
        process.links.iter().map(|link| (&*link.trace_id, &*link.span_id)).collect();
    let (one, two, span) = (1_u128.to_be_bytes(), 2_u128.to_be_bytes(), 20_u64.to_be_bytes());
    assert_eq!(linked, [(&one[..], &span[..]), (&two[..], &span[..])]);
    assert_eq!(
        (process.status.as_ref().unwrap().message.as_str(), process.events[0].name.as_str()),
        ("no", "exception")
    );
    assert_eq!((text(process, "error.type"), text(process, "konekuta.log")), (Some("ValueError"), None));
    let (service, call) = by_name["S3.PutObject"];
    assert_eq!((service.as_str(), call.kind(), text(call, "aws.s3.key")), ("b", SpanKind::Server, Some("k")));
    let heads = std::mem::take(&mut *bench.receiver.heads.lock().unwrap());
    let header = |name: &str| heads[0].headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (heads[0].uri.path(), header("content-type"), header("x-api-key")),
        ("/v1/traces", "application/x-protobuf".to_owned(), "k".to_owned())
    );
    bench.end().await;
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_asked_again() {
    let bench = Bench::with(vec![(StatusCode::SERVICE_UNAVAILABLE, Vec::new())]).await;
    bench.local.record(hop(HopKind::Send, 1, 10, 0, QUEUE));
    assert_eq!(bench.receiver.spans(1).await.len(), 1);
    assert_eq!(
        (bench.figure("konekuta_otlp_retries_total"), bench.figure("konekuta_otlp_lost_spans_total")),
        ("1".to_owned(), "0".to_owned())
    );
    bench.end().await;
}

#[tokio::test]
async fn what_a_receiver_refuses_is_counted_and_what_comes_later_goes_on() {
    let partial = PartialSuccess { rejected_spans: 1, error_message: "too long".to_owned() };
    let answer = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let bench = Bench::with(vec![(StatusCode::BAD_REQUEST, Vec::new()), (StatusCode::OK, answer)]).await;
    bench.local.record(hop(HopKind::Send, 1, 10, 0, QUEUE));
    let asked = tokio::time::timeout(Duration::from_secs(20), bench.receiver.come.notified());
    asked.await.expect("a post within 20 seconds");
    bench.local.record(hop(HopKind::Send, 2, 10, 0, QUEUE));
    assert_eq!(bench.receiver.spans(1).await[0].1.trace_id, 2_u128.to_be_bytes());
    let (tasks, registry) = (bench.tasks.clone(), &bench.registry);
    tasks.shut_down().await;
    let mut page = String::new();
    prometheus_client::encoding::text::encode(&mut page, registry).unwrap();
    assert!(page.contains("konekuta_otlp_lost_spans_total 2\n"), "{page}");
    bench.local.shut_down().await.unwrap();
}

#[tokio::test]
async fn what_was_recorded_last_is_sent_at_the_end() {
    let bench = Bench::with(Vec::new()).await;
    bench.local.record(hop(HopKind::Send, 1, 10, 0, QUEUE));
    let receiver = Arc::clone(&bench.receiver);
    bench.end().await;
    assert_eq!(receiver.spans.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_goes_on_where_the_export_ended() {
    let bench = Bench::with(Vec::new()).await;
    bench.local.record(hop(HopKind::Send, 1, 10, 0, QUEUE));
    bench.receiver.spans(1).await;
    let folder = bench.end().await;
    // Meanwhile nothing is exported.
    let settings = local::Settings {
        folder: folder.path().to_path_buf(),
        durability: Durability::Relaxed,
        partitions: 1,
        history: Some(HistoryLimits::default()),
    };
    let local = Local::open(&settings, Arc::new(SystemClock::default())).unwrap();
    local.record(hop(HopKind::Send, 2, 10, 0, QUEUE));
    local.shut_down().await.unwrap();
    drop(local);

    let bench = Bench::over(folder, HistoryLimits::default(), Vec::new()).await;
    bench.local.record(hop(HopKind::Send, 3, 10, 0, QUEUE));
    let traces: Vec<u8> = bench.receiver.spans(2).await.iter().map(|(_, span)| span.trace_id[15]).collect();
    assert_eq!(traces, [2, 3], "nothing is left out, nothing sent twice");
    bench.end().await;
}

#[tokio::test]
async fn what_was_not_taken_at_the_end_goes_out_after_the_next_start() {
    let busy = || (StatusCode::SERVICE_UNAVAILABLE, Vec::new());
    let bench = Bench::with((0..50).map(|_| busy()).collect()).await;
    bench.local.record(hop(HopKind::Send, 1, 10, 0, QUEUE));
    let receiver = Arc::clone(&bench.receiver);
    let folder = bench.end().await;
    assert!(receiver.spans.lock().unwrap().is_empty() && !receiver.heads.lock().unwrap().is_empty());
    let bench = Bench::over(folder, HistoryLimits::default(), Vec::new()).await;
    assert_eq!(bench.receiver.spans(1).await[0].1.trace_id[15], 1);
    assert_eq!(bench.figure("konekuta_otlp_lost_spans_total"), "0");
    bench.end().await;
}

#[tokio::test]
async fn a_receiver_that_is_away_costs_what_the_history_forgets_meanwhile_and_that_is_told() {
    let limits = HistoryLimits { bytes: 64 << 10, ..HistoryLimits::default() };
    let away = (StatusCode::SERVICE_UNAVAILABLE, Vec::new());
    let bench = Bench::over(tempfile::tempdir().unwrap(), limits, vec![away]).await;
    bench.local.record(hop(HopKind::Send, 1, 1, 0, QUEUE));
    tokio::time::timeout(Duration::from_secs(20), bench.receiver.come.notified()).await.expect("a post");
    for span in 2..=2_000 {
        bench.local.record(hop(HopKind::Send, 1, span, 0, QUEUE));
        // Written one by one, so that files are full and go.
        bench.local.find(engine::HopKey::Failures, None, 1).await.unwrap();
    }
    let last = 2_000_u64.to_be_bytes();
    let come = async {
        while bench.receiver.spans.lock().unwrap().iter().all(|(_, span)| span.span_id != last) {
            bench.receiver.come.notified().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), come).await.expect("the last span");
    assert_eq!(bench.figure("konekuta_otlp_gaps_total"), "1");
    assert!(bench.receiver.spans.lock().unwrap().len() < 2_000);
    bench.end().await;
}
