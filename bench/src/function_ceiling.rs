//! A function's ceiling: its programs by themselves, whose events and whose calls of S3 and SNS are answered at once by a
//! server that does nothing else. What the processors of this machine leave to any server around it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::runtime_ceiling::lambda_variables;

/// Messages of an event, as many as a mapping takes by default.
const BATCH: u64 = 10;
const PUBLISHED: &[u8] =
    b"<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
    <MessageId>b4f36e9e-7a0c-4c0f-9a3d-0d2f3a3c8d4e</MessageId></PublishResult><ResponseMetadata>\
    <RequestId>8476a536-e9f4-11e8-9739-2dfe598c3fcd</RequestId></ResponseMetadata></PublishResponse>";
/// As many headers as the services answer with: SDKs read them all.
const OF_OBJECT: [(&str, &str); 5] = [
    ("etag", "\"9e107d9d372bb6826bd81d3542a419d6\""),
    ("x-amz-checksum-type", "FULL_OBJECT"),
    ("x-amz-id-2", "1kHNjzHqGmBFJJ1iF3QvS7hOxbXqM5ZXkH2jZ7pSkzn9T0Yxq8pP2u3K4nQwZkq0"),
    ("x-amz-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
    ("x-amz-server-side-encryption", "AES256"),
];
const READ: [(&str, &str); 3] = [
    ("accept-ranges", "bytes"),
    ("content-type", "application/json"),
    ("last-modified", "Mon, 17 Dec 2018 21:37:29 GMT"),
];
const OF_PUBLISH: [(&str, &str); 2] =
    [("content-type", "text/xml"), ("x-amzn-requestid", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")];

/// A server of fixed answers, and programs of functions that ask it.
pub(crate) struct FunctionCeiling {
    address: SocketAddr,
    fixed: Arc<Fixed>,
    programs: Vec<Child>,
    accepting: JoinHandle<()>,
}

struct Fixed {
    event: Bytes,
    object: Bytes,
    /// Responses of the programs.
    answered: AtomicU64,
}

impl Drop for FunctionCeiling {
    fn drop(&mut self) {
        self.accepting.abort();
        for program in &mut self.programs {
            // It may have ended by itself.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

impl FunctionCeiling {
    /// Serves events of `BATCH` messages with such a body; what is read of S3 is `object`.
    pub(crate) async fn serve(body: &str, object: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (event, answered) = (event(body), AtomicU64::new(0));
        let fixed = Arc::new(Fixed { event, object: object.into(), answered });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&fixed)));
        Ok(Self { address, fixed, programs: Vec::new(), accepting })
    }

    /// Starts another program.
    pub(crate) fn start(&mut self, command: &mut Command) -> anyhow::Result<()> {
        let endpoint = format!("http://{}", self.address);
        command.envs(lambda_variables(self.address)).env("AWS_ENDPOINT_URL", endpoint);
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.programs.push(command.spawn()?);
        Ok(())
    }

    /// Messages a second that the programs handle, after a third of the time to warm up.
    pub(crate) async fn rate(&self, measured: Duration) -> anyhow::Result<f64> {
        tokio::time::sleep(measured / 3).await;
        let (begun, before) = (Instant::now(), self.fixed.answered.load(Ordering::Relaxed));
        tokio::time::sleep(measured).await;
        let batches = self.fixed.answered.load(Ordering::Relaxed) - before;
        anyhow::ensure!(batches > 0, "the function's program answers nothing");
        Ok((batches * BATCH) as f64 / begun.elapsed().as_secs_f64())
    }
}

/// An event of SQS.
fn event(body: &str) -> Bytes {
    let message = json!({
        "messageId": "b4f36e9e-7a0c-4c0f-9a3d-0d2f3a3c8d4e",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0aAQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183", "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": "9e107d9d372bb6826bd81d3542a419d6",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:requests",
        "awsRegion": "us-east-1",
    });
    let messages: Vec<_> = (0..BATCH).map(|_| &message).collect();
    json!({ "Records": messages }).to_string().into()
}

async fn accept(listener: TcpListener, fixed: Arc<Fixed>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Without it answers only come later.
        let _ = stream.set_nodelay(true);
        let fixed = Arc::clone(&fixed);
        let answer = service_fn(move |request| answer(Arc::clone(&fixed), request));
        let served =
            http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(async move {
            // A program that ends ends its connections.
            let _ = served.await;
        });
    }
}

fn say(headers: &mut HeaderMap, said: &[(&'static str, &'static str)]) {
    headers.extend(
        said.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
    );
}

async fn answer(fixed: Arc<Fixed>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // The body is read, as every server has to.
    let _ = body.collect().await;
    let of_runtime = head.uri.path().starts_with("/2018-06-01/runtime/");
    let mut response = Response::new(Full::default());
    let headers = response.headers_mut();
    let content = match head.method {
        Method::GET if of_runtime => {
            let id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
            headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static(id));
            headers.insert("lambda-runtime-deadline-ms", HeaderValue::from_static("4102444800000"));
            let arn = "arn:aws:lambda:us-east-1:000000000000:function:bare";
            headers.insert("lambda-runtime-invoked-function-arn", HeaderValue::from_static(arn));
            let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
            headers.insert("lambda-runtime-trace-id", HeaderValue::from_static(trace));
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            fixed.event.clone()
        }
        Method::POST if of_runtime => {
            fixed.answered.fetch_add(1, Ordering::Relaxed);
            *response.status_mut() = StatusCode::ACCEPTED;
            Bytes::new()
        }
        Method::GET => {
            say(headers, &OF_OBJECT);
            say(headers, &READ);
            fixed.object.clone()
        }
        Method::PUT => {
            say(headers, &OF_OBJECT);
            Bytes::new()
        }
        _ => {
            say(headers, &OF_PUBLISH);
            Bytes::from_static(PUBLISHED)
        }
    };
    *response.body_mut() = Full::new(content);
    Ok(response)
}
