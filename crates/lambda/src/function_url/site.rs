//! The site: from a request to the function and back.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use service::{Context, Site, Streaming, StreamingBody, streaming_body};
use tokio::sync::mpsc;

use super::event::{About, event};
use super::response::{self, Formatted};
use super::{HOST, PATH, cors, url_of};
use crate::Lambda;
use crate::access;
use crate::actions::invoke::lineage;
use crate::execution::{Invocation, InvokeError, Outcome, Piece};
use crate::function_name::{LATEST, qualified};
use crate::functions::check_active;
use crate::limits::SYNCHRONOUS_PAYLOAD_BYTES_MAX;
use crate::records::{self, FunctionRecord, FunctionUrl, UrlOwner, url_key};

/// Announces that the answer begins with its head.
const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";
/// What AWS says to whom it does not let in.
const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                         https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
/// Ends the head.
const PRELUDE_END: [u8; 8] = [0; 8];
/// Bytes of a head.
const PRELUDE_BYTES_MAX: usize = 1 << 20;

/// The site of all URLs.
pub(crate) fn site(lambda: &Arc<Lambda>) -> Site {
    Site {
        claims: |host, path| path.starts_with(PATH) || id_of_host(host).is_some(),
        answer: Arc::new(Urls(Arc::clone(lambda))),
    }
}

fn id_of_host(host: &str) -> Option<&str> {
    // Every request is asked: the search for one character is the cheap one.
    let end = host.find('.')?;
    (end > 0 && host[end..].starts_with(HOST)).then(|| &host[..end])
}

struct Urls(Arc<Lambda>);

impl Streaming for Urls {
    fn call(
        &self,
        context: Context,
        request: Request<StreamingBody>,
    ) -> BoxFuture<'static, Response<StreamingBody>> {
        let lambda = Arc::clone(&self.0);
        Box::pin(async move { answer(&lambda, &context, request).await.unwrap_or_else(|refused| refused) })
    }
}

type Answered = Result<Response<StreamingBody>, Response<StreamingBody>>;

async fn answer(lambda: &Lambda, context: &Context, request: Request<StreamingBody>) -> Answered {
    let (head, body) = request.into_parts();
    let host =
        head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let (id, path) = locate(&host, head.uri.path());
    let (function, qualifier, url) = find(lambda, &id).await?;
    let mut extra = http::HeaderMap::new();
    if let Some(cors) = &url.cors {
        let preflight = cors::is_preflight(&head);
        extra = cors::headers(cors, &head.headers, preflight);
        if preflight {
            let mut response = message(StatusCode::OK, "");
            response.headers_mut().extend(extra);
            return Ok(response);
        }
    }
    if !admits(lambda, context, (&function, &qualifier, &url)) {
        return Err(message(StatusCode::FORBIDDEN, FORBIDDEN));
    }
    let too_large = || message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    let body = read(body).await.ok_or_else(too_large)?;
    let domain = host.split(':').next().unwrap_or_default();
    let about = About { url_id: &id, domain, path: &path, signed: url.signed, context };
    let payload = event(&head, &body, &about);
    let mut response = call(lambda, context, &head, (&function, &qualifier, &url), payload).await?;
    // What is configured replaces what the function says of it.
    response.headers_mut().extend(extra);
    Ok(response)
}

/// Whether somebody may call: with a signature where one is asked for, else by a policy that lets everybody in.
fn admits(
    lambda: &Lambda,
    context: &Context,
    (function, qualifier, url): (&FunctionRecord, &str, &FunctionUrl),
) -> bool {
    if url.signed {
        return !context.caller.access_key_id.is_empty();
    }
    let named = (qualifier != LATEST).then_some(qualifier);
    match access::refusal_of_visitors(function, named) {
        Some(reason) if !lambda.settings.lenient_policies => {
            lambda.denied.count(&function.arn, "*");
            tracing::warn!(function = %function.arn, reason, "a visitor of a function URL was turned away");
            false
        }
        _ => true,
    }
}

/// The whole body, if it is not too large.
async fn read(mut body: StreamingBody) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.ok()?.into_data() else { continue };
        if whole.len() + piece.len() > SYNCHRONOUS_PAYLOAD_BYTES_MAX {
            return None;
        }
        whole.extend_from_slice(&piece);
    }
    Some(whole.freeze())
}

/// The id and the path that the function sees.
fn locate(host: &str, path: &str) -> (String, String) {
    match path.strip_prefix(PATH) {
        Some(rest) => {
            let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
            (id.to_owned(), format!("/{rest}"))
        }
        None => (id_of_host(host).unwrap_or_default().to_owned(), path.to_owned()),
    }
}

async fn find(
    lambda: &Lambda,
    id: &str,
) -> Result<(Arc<FunctionRecord>, String, FunctionUrl), Response<StreamingBody>> {
    let failed = |error: engine::Error| {
        tracing::error!(%error, "a function URL could not be looked up");
        message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    };
    let forbidden = || message(StatusCode::FORBIDDEN, "Forbidden");
    let owner = lambda.engine.get(&url_key(id)).await.map_err(failed)?.ok_or_else(forbidden)?;
    let UrlOwner { function, qualifier } = records::decode(&owner).map_err(failed)?;
    let function = lambda.called_function(&function).await.map_err(failed)?.ok_or_else(forbidden)?;
    let url = url_of(&function, &qualifier).filter(|url| url.id == id).cloned().ok_or_else(forbidden)?;
    Ok((function, qualifier, url))
}

async fn call(
    lambda: &Lambda,
    context: &Context,
    head: &Parts,
    (function, qualifier, url): (&Arc<FunctionRecord>, &str, &FunctionUrl),
    payload: Bytes,
) -> Answered {
    let version = lambda.resolve(function, Some(qualifier)).await.ok().flatten();
    let version = version.ok_or_else(|| message(StatusCode::BAD_GATEWAY, "Internal Server Error"))?;
    check_active(&version).map_err(|_| message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"))?;
    let trace = lineage(lambda, context, function)
        .map_err(|_| message(StatusCode::BAD_GATEWAY, "Internal Server Error"))?;
    let named = (qualifier != LATEST).then_some(qualifier);
    let invocation = Invocation {
        invoked_arn: Some(qualified(&function.arn, named)),
        ..Invocation::of(context.request_id, payload, Some(trace))
    };
    if url.streams {
        let called = lambda.call_streaming(function, &version, invocation).await;
        let (pieces, running) = called.map_err(|error| not_called(&error))?;
        return Ok(streamed(pieces, running).await);
    }
    let outcome = lambda.call(function, &version, invocation).await.map_err(|error| not_called(&error))?;
    let failed = || message(StatusCode::BAD_GATEWAY, "Internal Server Error");
    if outcome.function_error.is_some() {
        tracing::debug!(function = %function.arn, path = head.uri.path(), "a function failed behind its URL");
        return Err(failed());
    }
    let answered = response::buffered(outcome.payload).ok_or_else(failed)?;
    Ok(answered.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync()))
}

/// The answer of a function that streams: its head first, if it sends one.
async fn streamed(
    mut pieces: mpsc::Receiver<Piece>,
    running: tokio::task::JoinHandle<Result<Outcome, InvokeError>>,
) -> Response<StreamingBody> {
    let mut content_type = "application/octet-stream".to_owned();
    let mut begun: Vec<u8> = Vec::new();
    loop {
        match pieces.recv().await {
            Some(Piece::Begins { content_type: given }) => content_type = given,
            Some(Piece::Content(bytes)) => begun.extend_from_slice(&bytes),
            None if begun.is_empty() => return never_began(running).await,
            None => break,
        }
        let is_complete = content_type != WITH_PRELUDE || end_of_prelude(&begun).is_some();
        if !begun.is_empty() && (is_complete || begun.len() > PRELUDE_BYTES_MAX) {
            break;
        }
    }
    let (response, rest) = match (content_type.as_str(), end_of_prelude(&begun)) {
        (WITH_PRELUDE, Some(end)) => {
            let formatted = serde_json::from_slice::<Formatted>(&begun[..end]).ok();
            let Some((status, headers)) = formatted.and_then(|formatted| formatted.head()) else {
                return message(StatusCode::BAD_GATEWAY, "Internal Server Error");
            };
            let mut response = Response::new(());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            (response, begun.split_off(end + PRELUDE_END.len()))
        }
        _ => {
            let mut response = Response::new(());
            if let Ok(content_type) = HeaderValue::from_str(&content_type) {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            (response, begun)
        }
    };
    let following = stream::unfold((Some(Bytes::from(rest)), pieces), |(rest, mut pieces)| async move {
        if let Some(rest) = rest {
            return Some((rest, (None, pieces)));
        }
        loop {
            match pieces.recv().await? {
                Piece::Content(bytes) => return Some((bytes, (None, pieces))),
                Piece::Begins { .. } => {}
            }
        }
    });
    response.map(|()| streaming_body(following))
}

async fn never_began(
    running: tokio::task::JoinHandle<Result<Outcome, InvokeError>>,
) -> Response<StreamingBody> {
    match running.await {
        Ok(Ok(outcome)) if outcome.function_error.is_none() => message(StatusCode::OK, ""),
        Ok(Err(error)) => not_called(&error),
        _ => message(StatusCode::BAD_GATEWAY, "Internal Server Error"),
    }
}

fn end_of_prelude(bytes: &[u8]) -> Option<usize> {
    bytes.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END)
}

fn not_called(error: &InvokeError) -> Response<StreamingBody> {
    match error {
        InvokeError::Throttled => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        InvokeError::Stopped => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        InvokeError::Failed(_) => message(StatusCode::BAD_GATEWAY, "Internal Server Error"),
    }
}

/// What AWS says for a function that cannot; without a text nothing.
fn message(status: StatusCode, text: &str) -> Response<StreamingBody> {
    let body =
        if text.is_empty() { Bytes::new() } else { serde_json::json!({"Message": text}).to_string().into() };
    let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
