//! Error documents for what a function did not survive, in Lambda's words.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use bytes::Bytes;
use serde_json::json;

use crate::limits::RESPONSE_BYTES_MAX;

/// Why an environment could not be started.
#[derive(Clone, Debug)]
pub(super) struct NotStarted {
    /// `Runtime.InvalidEntrypoint`, `Runtime.InvalidRuntime`, ….
    pub(super) kind: &'static str,
    /// What to do about it.
    pub(super) message: String,
}

impl NotStarted {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<std::io::Error> for NotStarted {
    fn from(error: std::io::Error) -> Self {
        Self::new("Runtime.Unknown", error.to_string())
    }
}

/// What ended an initialisation or an invocation other than its answer.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// There is nothing to start.
    NotStarted(NotStarted),
    /// The runtime or an extension reports an error of its initialisation.
    Reported { document: Bytes, kind: String },
    /// The runtime is gone.
    Exited(Option<ExitStatus>),
    /// An external extension is gone.
    ExtensionExited { name: String, status: Option<ExitStatus> },
    /// It used more memory than it has.
    OutOfMemory,
    /// It took too long, seconds.
    TimedOut(u32),
}

impl Failure {
    /// `error` or `timeout`, as reports have it.
    pub(super) fn status(&self) -> &'static str {
        if matches!(self, Self::TimedOut(_)) { "timeout" } else { "error" }
    }

    /// The kind of error, as reports have it; a timeout has none.
    pub(super) fn kind(&self) -> Option<String> {
        match self {
            Self::NotStarted(failure) => Some(failure.kind.to_owned()),
            Self::Reported { kind, .. } => Some(kind.clone()),
            Self::Exited(_) => Some("Runtime.ExitError".to_owned()),
            Self::ExtensionExited { .. } => Some("Extension.Crash".to_owned()),
            Self::OutOfMemory => Some("Runtime.OutOfMemory".to_owned()),
            Self::TimedOut(_) => None,
        }
    }

    /// What the log says of it.
    pub(super) fn line(&self, request_id: &str) -> Option<String> {
        match self {
            Self::NotStarted(failure) => {
                Some(format!("{} RequestId: {request_id} Error: {}", failure.kind, failure.message))
            }
            Self::Reported { .. } => None,
            Self::TimedOut(seconds) => {
                Some(format!("{request_id} Task timed out after {seconds}.00 seconds"))
            }
            _ => Some(format!("RequestId: {request_id} Error: {}", self.reason())),
        }
    }

    /// The document that is answered in place of the function's.
    pub(super) fn document(&self, request_id: &str) -> Bytes {
        let text = format!("RequestId: {request_id} Error: {}", self.reason());
        match self {
            Self::Reported { document, .. } => document.clone(),
            Self::NotStarted(failure) => document(failure.kind, &text),
            Self::Exited(_) | Self::OutOfMemory => document("Runtime.ExitError", &text),
            Self::ExtensionExited { .. } => document("Extension.Crash", &text),
            Self::TimedOut(_) => document("Sandbox.Timedout", &text),
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::NotStarted(failure) => failure.message.clone(),
            Self::Reported { kind, .. } => kind.clone(),
            Self::Exited(status) => exit_reason("Runtime", *status),
            Self::ExtensionExited { name, status } => exit_reason(&format!("extension {name}"), *status),
            Self::OutOfMemory => "Runtime exited with error: signal: killed".to_owned(),
            Self::TimedOut(seconds) => format!("Task timed out after {seconds}.00 seconds"),
        }
    }
}

/// An error document of Lambda's own.
pub(super) fn document(kind: &str, message: &str) -> Bytes {
    json!({"errorType": kind, "errorMessage": message}).to_string().into()
}

/// `Runtime exited with error: exit status 1`, and its kin.
fn exit_reason(who: &str, status: Option<ExitStatus>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(0), _)) | None => format!("{who} exited without providing a reason"),
        Some((Some(code), _)) => format!("{who} exited with error: exit status {code}{}", hint(code)),
        Some((None, signal)) => format!("{who} exited with error: signal: {}", signal_name(signal)),
    }
}

/// What shells and the supervisor mean by it; the log has the rest.
fn hint(code: i32) -> &'static str {
    match code {
        125 => " (the execution environment could not be made: the log says why)",
        126 => " (a program cannot be executed here: the log says which)",
        127 => " (a program or its interpreter was not found: the log says which)",
        _ => "",
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
