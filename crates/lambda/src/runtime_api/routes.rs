//! The calls: next, response, error, init/error.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use super::{Answer, Exchange, Work};
use crate::limits::RESPONSE_BYTES_MAX;

/// An error document of the runtime's, bytes.
const ERROR_BYTES_MAX: usize = 1 << 20;

type Reply = Response<Full<Bytes>>;

pub(super) async fn answer(exchange: Arc<Exchange>, request: Request<Incoming>) -> Result<Reply, Infallible> {
    let path = request.uri().path().to_owned();
    let Some(call) = path.strip_prefix("/2018-06-01/runtime/") else { return Ok(unknown()) };
    let reply = match (request.method(), call) {
        (&Method::GET, "invocation/next") => match exchange.next().await {
            Some(work) => next(work),
            None => error(StatusCode::GONE, "Gone", "the environment has ended"),
        },
        (&Method::POST, "init/error") => {
            let body = Limited::new(request.into_body(), ERROR_BYTES_MAX).collect().await;
            exchange.fail_initialisation(body.map(http_body_util::Collected::to_bytes).unwrap_or_default());
            accepted()
        }
        (&Method::POST, call) => match invocation(call) {
            Some((id, "response")) => respond(&exchange, id, request).await,
            Some((id, "error")) => {
                let body = Limited::new(request.into_body(), ERROR_BYTES_MAX).collect().await;
                let document = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                answered(exchange.answer(id, Answer::Error(document)))
            }
            _ => unknown(),
        },
        _ => unknown(),
    };
    Ok(reply)
}

/// `invocation/<id>/<what>`.
fn invocation(call: &str) -> Option<(&str, &str)> {
    call.strip_prefix("invocation/")?.split_once('/')
}

async fn respond(exchange: &Exchange, id: &str, request: Request<Incoming>) -> Reply {
    match Limited::new(request.into_body(), RESPONSE_BYTES_MAX).collect().await {
        Ok(body) => answered(exchange.answer(id, Answer::Response(body.to_bytes()))),
        Err(_) => {
            exchange.answer(id, Answer::TooLarge);
            let text = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
            error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &text)
        }
    }
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
    if let Some(context) = &work.client_context {
        set("lambda-runtime-client-context", context);
    }
    reply
}

fn json(status: StatusCode, document: &serde_json::Value) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(document.to_string())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

fn accepted() -> Reply {
    json(StatusCode::ACCEPTED, &serde_json::json!({"status": "OK"}))
}

fn answered(is_current: bool) -> Reply {
    if is_current {
        return accepted();
    }
    error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn error(status: StatusCode, kind: &str, message: &str) -> Reply {
    json(status, &serde_json::json!({"errorMessage": message, "errorType": kind}))
}

fn unknown() -> Reply {
    error(StatusCode::NOT_FOUND, "InvalidPath", "no such call of the Runtime API")
}
