//! A server with one small service, spoken to over a real socket.

use std::net::SocketAddr;

use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use service::{Action, CountingIds, ErrorRow, Method, Rest, Row, Speaks, Stop, Tasks, row};
use testkit::SimulatedClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::*;
use crate::Bound;

const DIALECT: &QueryDialect = &QueryDialect {
    version: "2020-01-01",
    namespace: "urn:x",
    flattened: true,
    path_member: Some("Url"),
    names: &[],
};
const REFUSED: ErrorRow = ErrorRow { shape: "x#Refused", query_code: "X.Refused", status: 400, sender: true };

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    text: String,
    url: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    text: String,
    url: Option<String>,
    region: String,
    account: String,
}

struct Echo;

/// How many calls wait.
#[derive(Default)]
struct Waits(watch::Sender<usize>);

impl Action for Echo {
    const NAME: &'static str = "Echo";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Put, "/2015/echo/{Text}", 200));
    type Service = Waits;
    type Input = Input;
    type Output = Output;
    async fn run(_: &Waits, context: &Context, input: Input) -> Result<Output, ServiceError> {
        assert_ne!(input.text, "panic", "asked to");
        let Caller { region, account, .. } = &context.caller;
        Ok(Output {
            text: input.text,
            url: input.url,
            region: region.to_string(),
            account: account.to_string(),
        })
    }
}

/// Waits for ever, as a long poll may for long.
struct Wait;

impl Action for Wait {
    const NAME: &'static str = "Wait";
    type Service = Waits;
    type Input = ();
    type Output = ();
    async fn run(waits: &Waits, _: &Context, (): ()) -> Result<(), ServiceError> {
        struct Waiting<'a>(&'a Waits);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.0.send_modify(|count| *count -= 1);
            }
        }
        waits.0.send_modify(|count| *count += 1);
        let _waiting = Waiting(waits);
        std::future::pending().await
    }
}

struct Ours;

impl Action for Ours {
    const NAME: &'static str = "Ours";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/_konekuta/api/ours", 200));
    type Service = Waits;
    type Input = Nothing;
    type Output = ();
    async fn run(_: &Waits, _: &Context, _: Nothing) -> Result<(), ServiceError> {
        Ok(())
    }
}

#[derive(Deserialize)]
struct Nothing {}

const ROWS: &[Row<Waits>] = &[row::<Echo>(), row::<Ours>(), row::<Wait>()];

async fn start(tasks: &Tasks) -> SocketAddr {
    start_with(tasks, &Arc::default()).await
}

async fn start_with(tasks: &Tasks, waits: &Arc<Waits>) -> SocketAddr {
    let speaks = Speaks {
        json_target: Some("EchoService"),
        query: Some(DIALECT),
        on_decode_error: |error| ServiceError::new(&REFUSED, error.to_string()),
    };
    let services = vec![service::bind("echo", speaks, ROWS, waits)];
    let road = Road::new(
        Services {
            services,
            streaming: None,
            mounts: Vec::new(),
            health: Box::new(|| None),
            metrics: Registry::default(),
            history: Arc::new(engine::NoHistory),
            hosts: vec!["own.example".to_owned()],
        },
        Arc::new(CountingIds::default()),
        Arc::new(SimulatedClock::default()),
    );
    let bound = Bound::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = bound.local_addr();
    let stop: Stop = tasks.stop();
    tasks.spawn("server", bound.serve(road, stop));
    address
}

/// Sends raw requests down one connection and reads until the server closes it.
async fn exchange(raw: &str) -> String {
    let tasks = Tasks::default();
    let address = start(&tasks).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(raw.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    tasks.shut_down().await;
    answer
}

fn json(target: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-amz-target: {target}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=111122223333/20260101/eu-west-1/echo/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn an_action_ends_when_its_client_hangs_up() {
    let (tasks, waits) = (Tasks::default(), Arc::<Waits>::default());
    let mut waiting = waits.0.subscribe();
    let mut stream = TcpStream::connect(start_with(&tasks, &waits).await).await.unwrap();
    stream.write_all(json("EchoService.Wait", "null").as_bytes()).await.unwrap();
    waiting.wait_for(|count| *count == 1).await.unwrap();
    drop(stream);
    waiting.wait_for(|count| *count == 0).await.unwrap();
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_json_action_is_called_as_its_caller() {
    let answer = exchange(&json("EchoService.Echo", r#"{"Text":"hi"}"#)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    assert!(
        answer.ends_with(r#"{"Text":"hi","Url":null,"Region":"eu-west-1","Account":"111122223333"}"#),
        "{answer}"
    );
}

#[tokio::test]
async fn unknown_actions_answer_in_their_protocol() {
    let answer = exchange(&json("EchoService.Nothing", "{}")).await;
    assert!(
        answer.contains("UnknownOperationException")
            && answer.contains("x-amzn-query-error: InvalidAction;Sender"),
        "{answer}"
    );
    let answer =
        exchange("GET /?Action=Nothing&Version=2020-01-01 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await;
    assert!(
        answer.contains("<Code>InvalidAction</Code><Message>The action Nothing is not valid"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_query_action_is_found_by_version_and_takes_the_url_from_its_path() {
    let form = "Action=Echo&Version=2020-01-01&Text=a+b";
    let answer = exchange(&format!(
        "POST /1234/q HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    ))
    .await;
    assert!(answer.contains("<Text>a b</Text><Url>http://h:1/1234/q</Url>"), "{answer}");
}

#[tokio::test]
async fn a_rest_action_is_found_by_its_path() {
    let answer = exchange(
        "PUT /2015/echo/x%2Fy/ HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert!(answer.contains(r#""Text":"x/y""#), "{answer}");
}

#[tokio::test]
async fn a_panic_is_an_internal_failure_and_the_connection_lives_on() {
    let first = json("EchoService.Echo", r#"{"Text":"panic"}"#).replace("connection: close\r\n", "");
    let answer = exchange(&(first + &json("EchoService.Echo", r#"{"Text":"after"}"#))).await;
    assert!(answer.contains("500 Internal") && answer.contains("InternalFailure"), "{answer}");
    assert!(answer.contains(r#""Text":"after""#), "{answer}");
}

#[tokio::test]
async fn malformed_bodies_and_signatures_are_refused_with_their_codes() {
    let answer = exchange(&json("EchoService.Echo", "{")).await;
    assert!(answer.contains("400 Bad Request") && answer.contains("x#Refused"), "{answer}");
    let answer = exchange(&json("EchoService.Echo", "{}").replace("AWS4-HMAC-SHA256", "Bearer")).await;
    assert!(answer.contains("IncompleteSignature"), "{answer}");
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused_before_it_is_read() {
    let body = "x".repeat(limits::MESSAGE_BODY_BYTES_MAX + 1);
    let tasks = Tasks::default();
    let address = start(&tasks).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close while we still write: what counts is what it answered.
    let _ = stream.write_all(json("EchoService.Echo", &body).as_bytes()).await;
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer[..length]).starts_with("HTTP/1.1 413"), "no 413");
    tasks.shut_down().await;
}

#[tokio::test]
async fn what_is_ours_answers_neither_under_foreign_names_nor_to_foreign_pages_and_probes_reach_theirs() {
    let ask = async |request: &str, headers: &str| {
        let answer = exchange(&format!(
            "{request} HTTP/1.1\r\n{headers}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let ours = "POST /_konekuta/api/ours";
    assert_eq!(ask(ours, "host: localhost:4566").await, "200");
    assert_eq!(ask(ours, "host: own.example").await, "200");
    // DNS rebinding: the browser believes that our address is evil.example's.
    assert_eq!(ask(ours, "host: evil.example:4566").await, "403");
    assert_eq!(ask(ours, "host: localhost\r\norigin: http://evil.example").await, "403");
    assert_eq!(ask("GET /_konekuta/health", "host: 10.0.0.7:4566").await, "200");
    assert_eq!(ask("GET /_konekuta/metrics", "host: 10.0.0.7:4566").await, "200");
    assert_eq!(ask("PUT /2015/echo/x", "host: anything\r\norigin: http://app.example").await, "200");
}
