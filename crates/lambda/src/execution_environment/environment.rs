//! One environment: its processes, its temporary folder, its log stream. It takes one invocation at a time.

use std::sync::Arc;
use std::time::Duration;

use aws::{Arn, TraceHeader, timestamp};
use bytes::Bytes;
use engine::Timestamp;
use service::ports::LogStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure::{self, Failure, NotStarted};
use super::instance::Instance;
use super::platform::{self, Phase, Report};
use super::variables::Place;
use super::{Site, extensions};
use crate::execution::{FunctionError, FunctionSpec, Invocation, Outcome, Piece};
use crate::runtime_api::{Answer, Answered, Work};
use crate::supervisor::{self, Mounts};

/// Initialisation has so long; then it is begun again within the first invocation's own time.
const INIT_MAX: Duration = Duration::from_secs(10);

/// A function's environment.
pub(super) struct Environment {
    spec: Arc<FunctionSpec>,
    /// The function's version, which it belongs to.
    pub(super) version: Arn,
    place: Place,
    stream: Arc<LogStream>,
    instance: Instance,
    /// Since when nobody uses it.
    pub(super) idle_since: Timestamp,
    /// How long its last invocation took.
    pub(super) took: Option<Duration>,
    state: State,
    /// Its folder on the disk, if it needs one; removed with the environment.
    _scratch: Option<tempfile::TempDir>,
}

/// Where an environment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Initialised,
}

/// What became of an invocation.
pub(super) enum Ended {
    /// It has an outcome; whether the environment can be used again, or why it ends.
    With(Outcome, Result<(), &'static str>),
    /// The runtime had ended before it took the invocation: another environment may.
    Untouched,
}

impl Environment {
    /// Makes a place for it; its processes start with the first invocation.
    pub(super) async fn open(site: &Site, spec: &Arc<FunctionSpec>) -> Result<Self, NotStarted> {
        let stream = Arc::new(LogStream {
            account: spec.account.to_string(),
            region: spec.region.to_string(),
            group: spec.logging.group_of(&spec.name),
            stream: format!(
                "{}/[{}]{}",
                timestamp::day(site.clock.now().0),
                spec.version,
                site.ids.uuid().as_simple()
            ),
        });
        let instance = Instance::open(site, spec, &stream).await?;
        let (place, scratch) = place(site, spec, &stream).await?;
        Ok(Self {
            spec: Arc::clone(spec),
            version: spec.version_arn.clone(),
            place,
            stream,
            instance,
            idle_since: site.clock.now(),
            took: None,
            state: State::New,
            _scratch: scratch,
        })
    }

    /// Whether it is one of this function's, of whatever version.
    pub(super) fn is_of(&self, function: &Arn) -> bool {
        self.spec.arn == *function
    }

    pub(super) fn revision(&self) -> u64 {
        self.spec.revision
    }

    /// Whether it has namespaces of its own.
    pub(super) fn is_isolated(&self) -> bool {
        self.place.mounts.is_some()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.instance.is_alive()
    }

    /// Initialises it before anybody needs it; whether it can be used.
    pub(super) async fn warm_up(&mut self, site: &Site) -> bool {
        self.state = State::Initialised;
        self.place.provisioned = true;
        self.instance.initialise(site, &self.spec, &self.place, Phase::Init, INIT_MAX).await.is_ok()
    }

    /// Ends it.
    pub(super) async fn end(self, site: &Site, reason: &'static str) {
        self.instance.end(site.clock.now(), reason).await;
    }

    /// Calls the function.
    pub(super) async fn invoke(
        &mut self,
        site: &Site,
        invocation: Invocation,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Ended {
        let request_id = invocation.request_id.to_string();
        let init = match std::mem::replace(&mut self.state, State::Initialised) {
            // In a box, as whatever is seldom needed: its room would be copied about with each invocation.
            State::New => Box::pin(self.initialise(site, &request_id)).await.map(Some),
            State::Initialised => Ok(None),
        };
        self.instance.output.begin(&request_id);
        let work = self.work(site, invocation, request_id);
        let (request_id, trace) = (work.request_id.clone(), work.trace.clone());
        platform::start(&self.instance.output, &self.spec, &request_id, &trace).await;
        let (began, began_at) = (Instant::now(), site.clock.now());
        let (init, answered) = match init {
            Ok(init) => (init, self.instance.run(&self.spec, work, pieces).await),
            Err(failure) => (None, Err(failure)),
        };
        if matches!(&answered, Err(Failure::Exited(_))) && init.is_none() && !self.instance.has_taken() {
            return Ended::Untouched;
        }
        self.instance.drain().await;
        self.conclude(Concluding { request_id, trace, began, began_at, init, answered }).await
    }

    /// Initialises it, and once more within the invocation's time if that fails.
    async fn initialise(&mut self, site: &Site, request_id: &str) -> Result<Duration, Failure> {
        let first = self.instance.initialise(site, &self.spec, &self.place, Phase::Init, INIT_MAX).await;
        let failure = match first {
            Err(failure @ Failure::NotStarted(_)) => return Err(failure),
            Err(failure) => failure,
            Ok(took) => return Ok(took),
        };
        let again = Instance::open(site, &self.spec, &self.stream).await.map_err(Failure::NotStarted)?;
        let failed = std::mem::replace(&mut self.instance, again);
        failed.end(site.clock.now(), if failure.kind().is_none() { "timeout" } else { "failure" }).await;
        self.instance.output.begin(request_id);
        let timeout = Duration::from_secs(self.spec.timeout_seconds.into());
        self.instance.initialise(site, &self.spec, &self.place, Phase::Invoke, timeout).await
    }

    fn work(&self, site: &Site, invocation: Invocation, request_id: String) -> Work {
        let now = site.clock.now();
        let function_arn = invocation.invoked_arn.as_ref().unwrap_or(&self.spec.arn).to_string();
        let trace = invocation.trace.unwrap_or_else(|| {
            TraceHeader::begin(&TraceHeader::new_trace_id(now.seconds(), site.ids.uuid().as_u128()))
        });
        Work {
            request_id,
            payload: invocation.payload,
            deadline_ms: now.plus_seconds(self.spec.timeout_seconds).0,
            function_arn,
            trace: trace.to_string(),
            client_context: invocation.client_context,
            cognito_identity: invocation.cognito_identity,
            tenant_id: invocation.tenant_id,
        }
    }

    /// Says how it went, waits for the extensions, and puts the outcome together.
    async fn conclude(&mut self, concluding: Concluding) -> Ended {
        let Concluding { request_id, trace, began, began_at, init, answered } = concluding;
        let early = answered.as_ref().err().cloned();
        let answered = answered.ok();
        let duration = answered.as_ref().map_or_else(Instant::now, |answered| answered.last) - began;
        if let Some(line) = early.as_ref().and_then(|failure| failure.line(&request_id)) {
            self.instance.output.note(line).await;
        }
        let report = Report {
            spec: &self.spec,
            request_id: &request_id,
            trace: &trace,
            duration,
            init,
            memory_used_mb: 0,
            began: began_at,
            failure: early.as_ref(),
            error: answered.as_ref().and_then(|answered| error_kind(&answered.answer)),
            response: answered
                .as_ref()
                .map(|answered| (answered.first - began, answered.last - answered.first)),
            produced_bytes: answered.as_ref().map_or(0, |answered| answered.bytes),
        };
        report.runtime_done(&self.instance.output).await;
        let mut whole = duration;
        let mut late = None;
        if early.is_none() && self.instance.has_extensions() {
            let timeout = Duration::from_secs(self.spec.timeout_seconds.into());
            late = self.instance.extensions_done(&self.spec, timeout.saturating_sub(duration)).await.err();
            whole = began.elapsed();
        }
        let failure = early.as_ref().or(late.as_ref());
        let memory_used_mb = match failure {
            Some(Failure::OutOfMemory) => self.spec.memory_mb.into(),
            _ => self.instance.memory_used_mb(&self.spec).await,
        };
        let report = Report { duration: whole, memory_used_mb, failure, ..report };
        report.report(&self.instance.output).await;
        let measured = report.measured();
        let usable = match failure {
            None => Ok(()),
            Some(Failure::TimedOut(_)) => Err("timeout"),
            Some(_) => Err("failure"),
        };
        let (payload, function_error) = match (answered, failure) {
            (None, Some(failure)) => (failure.document(&request_id), Some(FunctionError::Unhandled)),
            (Some(answered), _) => payload(answered),
            (None, None) => (Bytes::new(), None),
        };
        let outcome = Outcome {
            payload,
            function_error,
            log_tail: self.instance.output.tail(),
            executed_version: self.spec.version.clone(),
            measured,
        };
        Ended::With(outcome, usable)
    }
}

/// Where the environment lives, and its folder on the disk: for a temporary folder that cannot be its own in memory.
async fn place(
    site: &Site,
    spec: &FunctionSpec,
    stream: &LogStream,
) -> Result<(Place, Option<tempfile::TempDir>), NotStarted> {
    let log_stream = stream.stream.clone();
    let shared_tmp = !extensions::external(spec)?.is_empty();
    if !site.isolation.isolates(spec).await {
        let scratch = scratch(site, spec)?;
        let tmp = scratch.path().to_path_buf();
        let task = if spec.image.is_some() { tmp.clone() } else { spec.code.clone() };
        let layers = spec.layers.clone();
        return Ok((
            Place { task, tmp, layers, log_stream, mounts: None, provisioned: false },
            Some(scratch),
        ));
    }
    // Extensions share the function's.
    let scratch = if shared_tmp { Some(scratch(site, spec)?) } else { None };
    let mounts = Mounts {
        task: spec.code.clone(),
        layers: spec.layers.clone(),
        tmp: scratch.as_ref().map(|scratch| scratch.path().to_path_buf()),
        tmp_mb: spec.ephemeral_storage_mb,
    };
    let layers = if spec.layers.is_empty() { Vec::new() } else { vec![supervisor::OPT.into()] };
    let (task, tmp) = (supervisor::TASK.into(), supervisor::TMP.into());
    Ok((Place { task, tmp, layers, log_stream, mounts: Some(mounts), provisioned: false }, scratch))
}

fn scratch(site: &Site, spec: &FunctionSpec) -> std::io::Result<tempfile::TempDir> {
    std::fs::create_dir_all(&site.scratch)?;
    tempfile::Builder::new().prefix(&spec.name).tempdir_in(&site.scratch)
}

/// What is known when an invocation has ended.
struct Concluding {
    request_id: String,
    trace: String,
    began: Instant,
    began_at: Timestamp,
    init: Option<Duration>,
    answered: Result<Answered, Failure>,
}

/// The kind of error that an answer is.
fn error_kind(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Response(_) => None,
        Answer::Error { kind, .. } => Some(kind.clone().unwrap_or_else(|| "Runtime.Unknown".to_owned())),
        Answer::TooLarge => Some("Function.ResponseSizeTooLarge".to_owned()),
    }
}

fn payload(answered: Answered) -> (Bytes, Option<FunctionError>) {
    match answered.answer {
        Answer::Response(payload) => (payload, None),
        Answer::Error { document, .. } => (document, Some(FunctionError::Unhandled)),
        Answer::TooLarge => (failure::too_large(), Some(FunctionError::Unhandled)),
    }
}
