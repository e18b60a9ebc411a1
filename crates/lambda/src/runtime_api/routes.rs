//! The calls of the runtime: next, response, error, init/error.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::exchange::{Answered, Answering, Refused};
use super::{Answer, Exchange, Work};
use crate::execution::Piece;
use crate::limits::{RESPONSE_BYTES_MAX, STREAMED_RESPONSE_BYTES_MAX};

/// An error document of the runtime's, bytes.
const ERROR_BYTES_MAX: usize = 1 << 20;
/// What is read and thrown away of a response that is too large, so that the runtime hears of it, bytes.
const DISCARDED_BYTES_MAX: usize = 128 << 20;
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

pub(super) type Reply = Response<Full<Bytes>>;

/// Answers a call below `/2018-06-01/runtime/`.
pub(super) async fn answer(exchange: &Exchange, call: &str, request: Request<Incoming>) -> Reply {
    match (request.method(), call) {
        (&Method::GET, "invocation/next") => match exchange.next().await {
            Some(work) => next(work),
            None => error(StatusCode::GONE, "Gone", "the environment has ended"),
        },
        (&Method::POST, "init/error") => {
            let kind = text(request.headers(), ERROR_TYPE);
            let document = document(request).await;
            if exchange.fail_initialisation(document, kind) { accepted() } else { wrong_state() }
        }
        (&Method::POST, call) => match invocation(call) {
            Some((id, "response")) => match exchange.begin_answer(id) {
                Ok(answering) => respond(answering, request).await,
                Err(refused) => refusal(refused),
            },
            Some((id, "error")) => match exchange.begin_answer(id) {
                Ok(answering) => {
                    let kind = text(request.headers(), ERROR_TYPE);
                    let document = document(request).await;
                    answering.finish(whole(Answer::Error { document, kind }, Instant::now(), 0));
                    after_the_caller().await
                }
                Err(refused) => refusal(refused),
            },
            _ => unknown(),
        },
        _ => unknown(),
    }
}

/// `invocation/<id>/<what>`.
fn invocation(call: &str) -> Option<(&str, &str)> {
    call.strip_prefix("invocation/")?.split_once('/')
}

pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn document(request: Request<Incoming>) -> Bytes {
    let body = Limited::new(request.into_body(), ERROR_BYTES_MAX).collect().await;
    body.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn whole(answer: Answer, first: Instant, bytes: usize) -> Answered {
    Answered { answer, first, last: Instant::now(), bytes }
}

/// Takes a response, all at once or as it comes.
async fn respond(answering: Answering, request: Request<Incoming>) -> Reply {
    let first = Instant::now();
    let streaming = text(request.headers(), RESPONSE_MODE).is_some_and(|mode| mode == "streaming");
    let content_type =
        text(request.headers(), "content-type").unwrap_or_else(|| "application/json".to_owned());
    let body = request.into_body();
    match answering.pieces.clone().filter(|_| streaming) {
        Some(pieces) => stream(answering, body, first, content_type, pieces).await,
        None => collect(answering, body, first, content_type).await,
    }
}

/// A response in one piece: what the runtime sends at once, or what nobody wants as it comes.
async fn collect(answering: Answering, body: Incoming, first: Instant, content_type: String) -> Reply {
    let read = read(body, RESPONSE_BYTES_MAX).await;
    let payload = match read {
        Read::Whole(payload) => payload,
        Read::TooLarge => {
            answering.finish(whole(Answer::TooLarge, first, RESPONSE_BYTES_MAX));
            let text = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
            return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &text);
        }
        Read::Failed(document, kind) => {
            answering.finish(whole(Answer::Error { document, kind: Some(kind) }, first, 0));
            return after_the_caller().await;
        }
    };
    let bytes = payload.len();
    let answer = match &answering.pieces {
        Some(pieces) => {
            // Nobody may listen any more.
            let _ = pieces.send(Piece::Begins { content_type }).await;
            let _ = pieces.send(Piece::Content(payload)).await;
            whole(Answer::Response(Bytes::new()), first, bytes)
        }
        None => whole(Answer::Response(payload), first, bytes),
    };
    answering.finish(answer);
    after_the_caller().await
}

/// Takes an answer once its invocation has been told: who waits for it comes before the function, which has done its
/// work.
async fn after_the_caller() -> Reply {
    tokio::task::yield_now().await;
    accepted()
}

/// What came of a body.
enum Read {
    Whole(Bytes),
    TooLarge,
    /// A streamed response that ended in an error: its document and its kind.
    Failed(Bytes, String),
}

/// Reads a body; a small one that comes at once is not copied.
async fn read(mut body: Incoming, bytes_max: usize) -> Read {
    let mut whole = Bytes::new();
    let mut more = BytesMut::new();
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return truncated() };
        let piece = match frame.into_data() {
            Ok(piece) => piece,
            Err(frame) => match frame.into_trailers().ok().and_then(|trailers| failure(&trailers)) {
                Some((document, kind)) => return Read::Failed(document, kind),
                None => continue,
            },
        };
        if discarded > 0 || whole.len() + more.len() + piece.len() > bytes_max {
            discarded += piece.len();
            if discarded > DISCARDED_BYTES_MAX {
                break;
            }
        } else if whole.is_empty() && more.is_empty() {
            whole = piece;
        } else {
            more.extend_from_slice(&std::mem::take(&mut whole));
            more.extend_from_slice(&piece);
        }
    }
    if discarded > 0 {
        return Read::TooLarge;
    }
    Read::Whole(if more.is_empty() { whole } else { more.freeze() })
}

fn truncated() -> Read {
    let text = r#"{"errorMessage":"The response ended early.","errorType":"Runtime.TruncatedResponse"}"#;
    Read::Failed(Bytes::from_static(text.as_bytes()), "Runtime.TruncatedResponse".to_owned())
}

/// What the trailers of a streamed response say of its failure.
fn failure(trailers: &HeaderMap) -> Option<(Bytes, String)> {
    use base64::Engine as _;
    let kind = text(trailers, ERROR_TYPE)?;
    let body = text(trailers, ERROR_BODY).unwrap_or_default();
    let document = base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default();
    Some((document.into(), kind))
}

/// Hands a response on as it comes.
async fn stream(
    answering: Answering,
    mut body: Incoming,
    first: Instant,
    content_type: String,
    pieces: mpsc::Sender<Piece>,
) -> Reply {
    let mut bytes = 0;
    let _ = pieces.send(Piece::Begins { content_type }).await;
    let mut answer = Answer::Response(Bytes::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            if let Read::Failed(document, kind) = truncated() {
                answer = Answer::Error { document, kind: Some(kind) };
            }
            break;
        };
        match frame.into_data() {
            Ok(piece) => {
                bytes += piece.len();
                if bytes > STREAMED_RESPONSE_BYTES_MAX {
                    answer = Answer::TooLarge;
                    break;
                }
                // Who called may have gone away; the function writes to its end.
                let _ = pieces.send(Piece::Content(piece)).await;
            }
            Err(frame) => {
                if let Some((document, kind)) =
                    frame.into_trailers().ok().and_then(|trailers| failure(&trailers))
                {
                    answer = Answer::Error { document, kind: Some(kind) };
                }
            }
        }
    }
    let too_large = answer == Answer::TooLarge;
    answering.finish(whole(answer, first, bytes));
    if too_large {
        let text = format!("Exceeded maximum allowed payload size ({STREAMED_RESPONSE_BYTES_MAX} bytes).");
        return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &text);
    }
    accepted()
}

fn next(work: Work) -> Reply {
    let mut reply = Response::new(Full::new(work.payload));
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers_mut().insert(name, value);
        }
    };
    set("content-type", "application/json");
    set("lambda-runtime-aws-request-id", &work.request_id);
    set("lambda-runtime-deadline-ms", &work.deadline_ms.to_string());
    set("lambda-runtime-invoked-function-arn", &work.function_arn);
    set("lambda-runtime-trace-id", &work.trace);
    for (name, value) in [
        ("lambda-runtime-client-context", &work.client_context),
        ("lambda-runtime-cognito-identity", &work.cognito_identity),
        ("lambda-runtime-aws-tenant-id", &work.tenant_id),
    ] {
        if let Some(value) = value {
            set(name, value);
        }
    }
    reply
}

pub(super) fn json(status: StatusCode, document: &serde_json::Value) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(document.to_string())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

pub(super) fn accepted() -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(br#"{"status":"OK"}"#)));
    *reply.status_mut() = StatusCode::ACCEPTED;
    reply.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

fn refusal(refused: Refused) -> Reply {
    match refused {
        Refused::UnknownId => error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        Refused::Answered => wrong_state(),
    }
}

fn wrong_state() -> Reply {
    error(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed")
}

pub(super) fn error(status: StatusCode, kind: &str, message: &str) -> Reply {
    json(status, &serde_json::json!({"errorMessage": message, "errorType": kind}))
}

pub(super) fn unknown() -> Reply {
    error(StatusCode::NOT_FOUND, "InvalidPath", "no such call of the Runtime API")
}
