//! InvokeWithResponseStream: calls a function and hands its answer on while it is made, as an event stream.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{HeaderValue, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use service::events::event;
use service::{
    Binding, Blob, Context, Method, Rest, ServiceError, StreamingAction, StreamingBody, event_stream,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::QUALIFIER;
use super::invoke::{
    check_payload, decode_client_context, not_called, payload_or_empty, waited_for, wants_log,
};
use crate::Lambda;
use crate::errors::{constraint, not_supported};
use crate::execution::{InvokeError, Outcome, Piece};
use crate::limits;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    log_type: Option<String>,
    client_context: Option<String>,
    tenant_id: Option<String>,
    payload: Option<Blob>,
}

/// The action.
pub(crate) struct InvokeWithResponseStream;

impl StreamingAction for InvokeWithResponseStream {
    const NAME: &'static str = "InvokeWithResponseStream";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        headers: &[
            Binding { member: "InvocationType", name: "x-amz-invocation-type" },
            Binding { member: "LogType", name: "x-amz-log-type" },
            Binding { member: "ClientContext", name: "x-amz-client-context" },
            Binding { member: "TenantId", name: "x-amz-tenant-id" },
        ],
        payload: Some("Payload"),
        ..Rest::new(Method::Post, "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 200)
    });
    const TELLS: bool = true;
    type Service = Lambda;
    type Input = Input;

    async fn run(
        lambda: &Lambda,
        context: &Context,
        input: Input,
    ) -> Result<Response<StreamingBody>, ServiceError> {
        if input.tenant_id.is_some() {
            return Err(not_supported("A tenant"));
        }
        let wants_log = wants_log(input.log_type.as_deref())?;
        let client_context = input.client_context.as_deref().map(decode_client_context).transpose()?;
        let (name, function, version) =
            lambda.invoked(&input.function_name, input.qualifier.as_deref(), context).await?;
        let payload = payload_or_empty(input.payload);
        check_payload(&payload, limits::SYNCHRONOUS_PAYLOAD_BYTES_MAX, "InvokeWithResponseStream")?;
        match input.invocation_type.as_deref() {
            None | Some("RequestResponse") => {}
            Some("DryRun") => return Ok(dry_run()),
            Some(other) => {
                let rule = "Member must satisfy enum value set: [RequestResponse, DryRun]";
                return Err(constraint(other, "invocationType", rule));
            }
        }
        let about = (&name, &*function, &*version);
        let invocation = waited_for(lambda, context, about, payload, client_context)?;
        let called = lambda.call_streaming(&function, &version, invocation).await;
        let (mut pieces, running) = called.map_err(|error| not_called(&function, error))?;
        // A call that does not come about is a fault; after the first piece the answer has begun.
        let Some(first) = pieces.recv().await else {
            let outcome = ended(running).await.map_err(|error| not_called(&function, error))?;
            let answer = event_stream(stream::iter([complete(&outcome, wants_log)]));
            return Ok(executed(answer, &outcome.executed_version));
        };
        let chunks = chunks(Events { first: Some(first), pieces, running: Some(running), wants_log });
        Ok(executed(event_stream(chunks), &version.version))
    }
}

fn dry_run() -> Response<StreamingBody> {
    let mut answer = event_stream(stream::empty());
    *answer.status_mut() = http::StatusCode::NO_CONTENT;
    answer
}

fn executed(mut answer: Response<StreamingBody>, version: &str) -> Response<StreamingBody> {
    if let Ok(version) = HeaderValue::from_str(version) {
        answer.headers_mut().insert("x-amz-executed-version", version);
    }
    answer
}

async fn ended(running: JoinHandle<Result<Outcome, InvokeError>>) -> Result<Outcome, InvokeError> {
    running.await.map_err(|error| InvokeError::Failed(error.to_string()))?
}

/// What is still to come.
struct Events {
    first: Option<Piece>,
    pieces: mpsc::Receiver<Piece>,
    /// Until the last event is told.
    running: Option<JoinHandle<Result<Outcome, InvokeError>>>,
    wants_log: bool,
}

fn chunks(events: Events) -> impl Stream<Item = Bytes> + Send {
    stream::unfold(events, |mut events| async move {
        loop {
            let piece = match events.first.take() {
                Some(piece) => Some(piece),
                None => events.pieces.recv().await,
            };
            match piece {
                Some(Piece::Begins { .. }) => {}
                Some(Piece::Content(bytes)) if bytes.is_empty() => {}
                Some(Piece::Content(bytes)) => {
                    let chunk = event("PayloadChunk", "application/octet-stream", &bytes);
                    return Some((chunk, events));
                }
                None => {
                    let running = events.running.take()?;
                    let last = match ended(running).await {
                        Ok(outcome) => complete(&outcome, events.wants_log),
                        Err(error) => failed("ServiceException", &error.to_string()),
                    };
                    return Some((last, events));
                }
            }
        }
    })
}

fn complete(outcome: &Outcome, wants_log: bool) -> Bytes {
    let mut document = Map::new();
    if outcome.function_error.is_some() {
        let error = serde_json::from_slice::<Json>(&outcome.payload).unwrap_or_default();
        let code = error["errorType"].as_str().unwrap_or("Unhandled");
        document.insert("ErrorCode".to_owned(), json!(code));
        document.insert("ErrorDetails".to_owned(), json!(String::from_utf8_lossy(&outcome.payload)));
    }
    if wants_log {
        document.insert("LogResult".to_owned(), json!(STANDARD.encode(&outcome.log_tail)));
    }
    event("InvokeComplete", "application/json", Json::Object(document).to_string().as_bytes())
}

fn failed(code: &str, details: &str) -> Bytes {
    let document = json!({"ErrorCode": code, "ErrorDetails": details});
    event("InvokeComplete", "application/json", document.to_string().as_bytes())
}
