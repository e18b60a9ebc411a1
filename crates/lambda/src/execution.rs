//! The seam between what Lambda's API keeps of a function and what runs it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::{AccountId, Arn, Region, RequestId, TraceHeader};
use bytes::Bytes;
use engine::Link;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::logging_config::LoggingConfig;

/// Everything an execution environment must know of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The function, without a qualifier.
    pub arn: Arn,
    /// The function with its version: what environments belong to.
    pub version_arn: Arn,
    /// Its name.
    pub name: String,
    /// `$LATEST`, or the number of a published version.
    pub version: String,
    /// `provided.al2023`, `python3.13`, ….
    pub runtime: String,
    /// `module.function`; empty where the runtime has no use for it.
    pub handler: String,
    /// An invocation ends after so many seconds.
    pub timeout_seconds: u32,
    /// `MemorySize`, MB.
    pub memory_mb: u32,
    /// `EphemeralStorage`, MB.
    pub ephemeral_storage_mb: u32,
    /// The function's own variables.
    pub environment: BTreeMap<String, String>,
    /// The folder its code is unpacked in. Read-only for the function.
    pub code: PathBuf,
    /// The folders its layers are unpacked in, in their order: together they are `/opt`.
    pub layers: Vec<PathBuf>,
    /// The container image it is made of, if it is; then there is no code.
    pub image: Option<Image>,
    /// Where and how its output is logged.
    pub logging: LoggingConfig,
    /// Changes with every update: environments of another revision take no further invocations.
    pub revision: u64,
    /// Its Region.
    pub region: Region,
    /// Its account.
    pub account: AccountId,
    /// The role's ARN.
    pub role: String,
    /// Where the function finds this server (`AWS_ENDPOINT_URL`).
    pub endpoint: String,
}

/// A function's container image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Its name, as podman and docker take it.
    pub uri: String,
    /// `ImageConfig.EntryPoint`; empty: the image's own.
    pub entry_point: Vec<String>,
    /// `ImageConfig.Command`; empty: the image's own.
    pub command: Vec<String>,
    /// `ImageConfig.WorkingDirectory`.
    pub working_directory: Option<String>,
}

/// One call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Its request id, the same for every retry of an asynchronous event.
    pub request_id: RequestId,
    /// The event document.
    pub payload: Bytes,
    /// The trace it belongs to.
    pub trace: Option<TraceHeader>,
    /// The client context, decoded from base64, as JSON.
    pub client_context: Option<String>,
    /// What Amazon Cognito says of the caller, as JSON.
    pub cognito_identity: Option<String>,
    /// `X-Amz-Tenant-Id`.
    pub tenant_id: Option<String>,
    /// The ARN it was called by, with its qualifier if one was given; otherwise the function's own.
    pub invoked_arn: Option<Arn>,
    /// The receives of the messages that it is for.
    pub links: Vec<Link>,
    /// The queue that they come from.
    pub event_source: Option<Arn>,
}

impl Invocation {
    /// A call with nothing but an event.
    pub fn of(request_id: RequestId, payload: Bytes, trace: Option<TraceHeader>) -> Self {
        Self {
            request_id,
            payload,
            trace,
            client_context: None,
            cognito_identity: None,
            tenant_id: None,
            invoked_arn: None,
            links: Vec::new(),
            event_source: None,
        }
    }
}

/// A part of an answer that is handed on while the function still writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The answer begins. `application/vnd.awslambda.http-integration-response` announces that the content begins with
    /// a JSON document of status, headers and cookies and eight zero bytes.
    Begins {
        /// `Content-Type`, as the runtime gave it.
        content_type: String,
    },
    /// Bytes of it.
    Content(Bytes),
}

/// How a function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// The runtime reported an error of the function and lives on.
    Handled,
    /// The function ran into its timeout, exited, or its runtime reported an error it could not contain.
    Unhandled,
}

impl FunctionError {
    /// As `X-Amz-Function-Error` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "Handled",
            Self::Unhandled => "Unhandled",
        }
    }
}

/// What a function answered, or how it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer, or the error document.
    pub payload: Bytes,
    /// Set if the payload is an error document.
    pub function_error: Option<FunctionError>,
    /// The last 4 KiB of the invocation's log.
    pub log_tail: Bytes,
    /// The version that ran.
    pub executed_version: String,
    /// What it took.
    pub measured: Measured,
}

/// What an invocation took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// A new environment initialised for so long first.
    pub init: Option<Duration>,
    /// The function ran for so long.
    pub duration: Duration,
    /// Milliseconds that AWS would bill.
    pub billed_ms: u64,
    /// `MemorySize`, MB.
    pub memory_mb: u32,
    /// The most memory that the environment has used so far, MB.
    pub memory_used_mb: u64,
}

/// Why a function was not called at all. What goes wrong in the function is an `Outcome`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// As many environments run as may.
    #[error("Rate Exceeded.")]
    Throttled,
    /// The program is ending.
    #[error("the server is shutting down")]
    Stopped,
    /// The environment could not be prepared; a text for the log.
    #[error("{0}")]
    Failed(String),
}

/// Tells how many more executions the processors have room for beside so many that run, by what these have left idle since
/// the look began.
pub type Look = Box<dyn Fn(usize) -> usize + Send + Sync>;

/// Runs functions. In the program the execution environments, in tests whatever the test needs.
pub trait Execute: Send + Sync + 'static {
    /// Calls a function once. The future is driven to its end, whoever still wants the outcome.
    fn invoke(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>>;

    /// Calls a function once and hands its answer on as it comes. A function that answers at once comes in one piece.
    /// The outcome's payload is the answer's error if it failed, else empty; it fails after pieces were handed on, too.
    /// Who drops the receiver lets the function run on.
    fn invoke_streaming(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(async move {
            let mut outcome = self.invoke(spec, invocation).await?;
            if outcome.function_error.is_none() {
                let payload = std::mem::take(&mut outcome.payload);
                // Nobody may listen any more.
                let _ = pieces.send(Piece::Begins { content_type: "application/json".to_owned() }).await;
                let _ = pieces.send(Piece::Content(payload)).await;
            }
            Ok(outcome)
        })
    }

    /// Keeps at least so many environments of this version initialised from now on, until it is told another number or
    /// the version is retired; answers how many are ready once it has tried.
    fn provision(
        &self,
        spec: Arc<FunctionSpec>,
        environments: u32,
    ) -> BoxFuture<'_, Result<u32, InvokeError>>;

    /// Processors that executions share.
    fn processors(&self) -> usize;

    /// Begins a look at the processors.
    fn look(&self) -> Look;

    /// Code or configuration of the version (a qualified ARN) has changed, or it is deleted: its environments end when
    /// idle.
    fn retire(&self, version: &Arn);
}
