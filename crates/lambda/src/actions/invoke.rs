//! Invoke: calls a function and answers what it answered (`RequestResponse`), stores an event for it (`Event`), or only
//! looks whether it could be called (`DryRun`).
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use aws::TraceHeader;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::Commit;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use service::{Action, Binding, Blob, Context, Method, Rest, ServiceError, way};

use super::QUALIFIER;
use crate::Lambda;
use crate::async_invocation::{self, StoredEvent};
use crate::errors::{self, constraint, not_supported, throttled};
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::function_name::FunctionName;
use crate::functions::check_active;
use crate::limits;
use crate::records::FunctionRecord;
use crate::recursion::{Lineage, is_loop};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    log_type: Option<String>,
    client_context: Option<String>,
    durable_execution_name: Option<String>,
    tenant_id: Option<String>,
    payload: Option<Blob>,
}

impl Input {
    /// An asynchronous call with nothing but an event.
    pub(super) fn event(function_name: String, payload: Blob) -> Self {
        Self {
            function_name,
            qualifier: None,
            invocation_type: Some("Event".to_owned()),
            log_type: None,
            client_context: None,
            durable_execution_name: None,
            tenant_id: None,
            payload: Some(payload),
        }
    }
}

/// Its output.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(super) status_code: u16,
    function_error: Option<&'static str>,
    log_result: Option<String>,
    executed_version: Option<String>,
    payload: Option<Blob>,
}

/// The action.
pub(crate) struct Invoke;

impl Action for Invoke {
    const NAME: &'static str = "Invoke";
    const TELLS: bool = true;
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        headers: &[
            Binding { member: "InvocationType", name: "x-amz-invocation-type" },
            Binding { member: "LogType", name: "x-amz-log-type" },
            Binding { member: "ClientContext", name: "x-amz-client-context" },
            Binding { member: "DurableExecutionName", name: "x-amz-durable-execution-name" },
            Binding { member: "TenantId", name: "x-amz-tenant-id" },
        ],
        payload: Some("Payload"),
        output_headers: &[
            Binding { member: "FunctionError", name: "x-amz-function-error" },
            Binding { member: "LogResult", name: "x-amz-log-result" },
            Binding { member: "ExecutedVersion", name: "x-amz-executed-version" },
        ],
        output_status: Some("StatusCode"),
        output_payload: Some("Payload"),
        ..Rest::new(Method::Post, "/2015-03-31/functions/{FunctionName}/invocations", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        if input.durable_execution_name.is_some() || input.tenant_id.is_some() {
            return Err(not_supported("A durable execution or a tenant"));
        }
        let wants_log = wants_log(input.log_type.as_deref())?;
        let client_context = input.client_context.as_deref().map(decode_client_context).transpose()?;
        let (name, function, version) =
            lambda.invoked(&input.function_name, input.qualifier.as_deref(), context).await?;
        let payload = payload_or_empty(input.payload);
        match input.invocation_type.as_deref().unwrap_or("RequestResponse") {
            "RequestResponse" => {
                check_payload(&payload, limits::SYNCHRONOUS_PAYLOAD_BYTES_MAX, "InvokeFunction")?;
                let about = (&name, &*function, &*version);
                let invocation = waited_for(lambda, context, about, payload, client_context)?;
                let outcome = lambda.call(&function, &version, invocation).await;
                Ok(answer(outcome.map_err(|error| not_called(&function, error))?, wants_log))
            }
            "Event" => {
                check_payload(&payload, limits::ASYNCHRONOUS_PAYLOAD_BYTES_MAX, "InvokeFunction")?;
                accept(lambda, context, &name, &function, payload).await
            }
            "DryRun" => Ok(Output { status_code: 204, ..Output::default() }),
            other => {
                let rule = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
                Err(constraint(other, "invocationType", rule))
            }
        }
    }
}

/// An invocation whose answer is waited for: of a function that is ready, and no link of a recursive loop.
pub(super) fn waited_for(
    lambda: &Lambda,
    context: &Context,
    (name, function, version): (&FunctionName, &FunctionRecord, &FunctionRecord),
    payload: Bytes,
    client_context: Option<String>,
) -> Result<Invocation, ServiceError> {
    check_active(version)?;
    let trace = lineage(lambda, context, function)?;
    Ok(Invocation {
        client_context,
        invoked_arn: Some(name.qualified_arn()),
        ..Invocation::of(context.request_id, payload, Some(trace))
    })
}

/// A call without a payload has an empty object for its event.
pub(super) fn payload_or_empty(payload: Option<Blob>) -> Bytes {
    payload
        .map(|payload| payload.0)
        .filter(|payload| !payload.is_empty())
        .unwrap_or_else(|| Bytes::from_static(b"{}"))
}

pub(super) fn wants_log(log_type: Option<&str>) -> Result<bool, ServiceError> {
    match log_type {
        None | Some("None") => Ok(false),
        Some("Tail") => Ok(true),
        Some(other) => Err(constraint(other, "logType", "Member must satisfy enum value set: [None, Tail]")),
    }
}

pub(super) fn decode_client_context(text: &str) -> Result<String, ServiceError> {
    let decoded = (text.len() <= limits::CLIENT_CONTEXT_CHARACTERS_MAX)
        .then(|| STANDARD.decode(text).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|json| serde_json::from_str::<IgnoredAny>(json).is_ok());
    decoded.ok_or_else(|| {
        ServiceError::new(
            &errors::INVALID_REQUEST_CONTENT,
            "Client context must be a valid Base64-encoded JSON object.",
        )
    })
}

pub(super) fn check_payload(payload: &Bytes, bytes_max: usize, operation: &str) -> Result<(), ServiceError> {
    if payload.len() > bytes_max {
        let message = format!("Request must be smaller than {bytes_max} bytes for the {operation} operation");
        return Err(ServiceError::new(&errors::REQUEST_TOO_LARGE, message));
    }
    match serde_json::from_slice::<IgnoredAny>(payload) {
        Ok(_) => Ok(()),
        Err(error) => Err(ServiceError::new(
            &errors::INVALID_REQUEST_CONTENT,
            format!("Could not parse request body into json: {error}"),
        )),
    }
}

/// The trace of a call, which may be one too many. `RecursiveInvocationException`.
pub(crate) fn lineage(
    lambda: &Lambda,
    context: &Context,
    function: &FunctionRecord,
) -> Result<TraceHeader, ServiceError> {
    let lineage = Lineage::of(context.trace.as_ref());
    if is_loop(function, &lineage) {
        tracing::warn!(function = %function.arn, "a call is refused that would go on with a recursive loop");
        return Err(ServiceError::new(
            &errors::RECURSIVE_INVOCATION,
            "Lambda has detected your function being invoked in a recursive loop with other AWS resources and \
             stopped your function's invocation.",
        ));
    }
    let trace = lambda.trace_or_new(context.trace.clone(), context.now);
    Ok(lineage.call(&function.arn, &trace))
}

/// The fault of a call that did not come about.
pub(crate) fn not_called(function: &FunctionRecord, error: InvokeError) -> ServiceError {
    match error {
        InvokeError::Throttled if function.reserved_concurrency.is_some() => {
            throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        }
        InvokeError::Throttled => throttled("ConcurrentInvocationLimitExceeded"),
        InvokeError::Stopped => ServiceError::new(&errors::SERVICE, "Service is shutting down."),
        InvokeError::Failed(reason) => ServiceError::new(&errors::SERVICE, reason),
    }
}

fn answer(outcome: Outcome, wants_log: bool) -> Output {
    Output {
        status_code: 200,
        function_error: outcome.function_error.map(crate::FunctionError::as_str),
        log_result: wants_log.then(|| STANDARD.encode(&outcome.log_tail)),
        executed_version: Some(outcome.executed_version),
        payload: Some(Blob(outcome.payload)),
    }
}

/// Durable when it answers. The event's request id is the answer's.
async fn accept(
    lambda: &Lambda,
    context: &Context,
    name: &FunctionName,
    function: &FunctionRecord,
    payload: Bytes,
) -> Result<Output, ServiceError> {
    let trace = context.trace_onward();
    let event = StoredEvent { trace: Some(trace.clone()), qualifier: name.qualifier.clone(), payload };
    let enqueue = async_invocation::enqueue(function, context.request_id, &event);
    let accepted = way::to(context.trace_text(), function.arn.as_str());
    if accepted.is_ok() {
        lambda.engine.commit(Commit { home: None, enqueue: vec![enqueue.clone()] }).await?;
    }
    lambda.tell_accepted(function, &enqueue, &trace, context.parent(), accepted);
    Ok(Output { status_code: 202, ..Output::default() })
}
