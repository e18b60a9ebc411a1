//! Error documents for what a function did not survive, in Lambda's words.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use bytes::Bytes;
use serde_json::json;

use super::Site;
use crate::execution::{FunctionError, FunctionSpec, Invocation, Measured, Outcome};
use crate::limits::RESPONSE_BYTES_MAX;

/// Why an environment could not be started.
pub(super) struct NotStarted {
    /// `Runtime.InvalidEntrypoint`, `Runtime.InvalidRuntime`, ….
    pub(super) kind: &'static str,
    /// What to do about it.
    pub(super) message: String,
}

/// An error document of Lambda's own.
pub(super) fn document(kind: &str, message: &str) -> Bytes {
    json!({"errorType": kind, "errorMessage": message}).to_string().into()
}

pub(super) fn timed_out(request_id: &str, timeout_seconds: u32) -> Bytes {
    let text = format!("RequestId: {request_id} Error: Task timed out after {timeout_seconds}.00 seconds");
    document("Sandbox.Timedout", &text)
}

pub(super) fn exited(request_id: &str, status: Option<ExitStatus>) -> Bytes {
    document("Runtime.ExitError", &format!("RequestId: {request_id} Error: {}", exit_reason(status)))
}

/// `Runtime exited with error: exit status 1`, and its kin.
pub(super) fn exit_reason(status: Option<ExitStatus>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(0), _)) | None => "Runtime exited without providing a reason".to_owned(),
        Some((Some(code), _)) => format!("Runtime exited with error: exit status {code}"),
        Some((None, signal)) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
    }
}

fn signal_name(signal: Option<i32>) -> String {
    match signal {
        Some(6) => "aborted".to_owned(),
        Some(9) => "killed".to_owned(),
        Some(11) => "segmentation fault".to_owned(),
        Some(15) => "terminated".to_owned(),
        other => other.unwrap_or_default().to_string(),
    }
}

pub(super) fn too_large() -> Bytes {
    let text =
        format!("Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
    document("Function.ResponseSizeTooLarge", &text)
}

/// The outcome of an invocation whose environment could not be started.
pub(super) fn not_started(
    site: &Site,
    spec: &FunctionSpec,
    invocation: &Invocation,
    failure: &NotStarted,
) -> Outcome {
    let request_id = invocation.request_id.to_string();
    let text = format!("RequestId: {request_id} Error: {}", failure.message);
    site.logs.write(&spec.name, Some(&request_id), &format!("{} {text}", failure.kind));
    Outcome {
        payload: document(failure.kind, &text),
        function_error: Some(FunctionError::Unhandled),
        log_tail: Bytes::from(format!("{} {text}\n", failure.kind)),
        executed_version: spec.version.clone(),
        measured: Measured { memory_mb: spec.memory_mb, ..Measured::default() },
    }
}
