//! One run of an environment's processes: the runtime, its extensions, and the APIs that they speak. After a failure an
//! environment gets another.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use engine::Timestamp;
use service::ports::LogStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure::{Failure, NotStarted};
use super::output::Output;
use super::pipe::Pipe;
use super::platform::{self, Phase};
use super::process::{Process, Program, Supervision};
use super::{Site, extensions, programs, variables};
use crate::execution::{FunctionSpec, Piece};
use crate::runtime_api::{
    self, Answered, Apis, Exchange, Extensions, FunctionFacts, Kind, Listening, Telemetry, Work,
};
use crate::supervisor::Limits;

/// How often the memory of a function that runs is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(100);
/// The peak of memory is looked up no more often than this.
const PEAK_EVERY: Duration = Duration::from_millis(100);
/// From the request to end to the kill, without extensions that want to know, with internal ones, with external ones.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
const GRACE_INTERNAL: Duration = Duration::from_millis(500);
const GRACE_EXTERNAL: Duration = Duration::from_secs(2);
/// Of the time with external extensions, the runtime's share.
const GRACE_RUNTIME: Duration = Duration::from_millis(300);
/// Telemetry that waits is sent within this time at the end.
const TELEMETRY_GRACE: Duration = Duration::from_millis(500);

/// What a function may map besides its memory, for the sake of runtimes that map more than they use, bytes.
const DATA_BYTES_BESIDES: u64 = 1 << 30;

/// How the processes of a place are supervised.
fn supervision(site: &Site, spec: &FunctionSpec, place: &variables::Place) -> Option<Supervision> {
    Some(Supervision {
        supervisor: site.isolation.supervisor()?.to_path_buf(),
        mounts: place.mounts.clone(),
        limits: Some(Limits { data_bytes_max: 4 * (u64::from(spec.memory_mb) << 20) + DATA_BYTES_BESIDES }),
    })
}

/// A process and what it prints.
struct Running {
    name: String,
    process: Process,
    pipes: Vec<Pipe>,
}

impl Running {
    async fn start(
        name: &str,
        program: &Program,
        supervision: Option<Supervision>,
        output: &Arc<Output>,
        kind: Kind,
    ) -> std::io::Result<Self> {
        let (process, ends) = Process::start(program, supervision).await?;
        let mut pipes = Vec::new();
        for end in [ends.stdout, ends.stderr] {
            pipes.push(Pipe::follow(end, Arc::clone(output), kind)?);
        }
        Ok(Self { name: name.to_owned(), process, pipes })
    }

    async fn drain(&self) {
        for pipe in &self.pipes {
            pipe.drain().await;
        }
    }
}

/// One run.
pub(super) struct Instance {
    apis: Apis,
    pub(super) output: Arc<Output>,
    address: String,
    _listening: Listening,
    external: Vec<extensions::External>,
    runtime: Option<Running>,
    extensions: Vec<Running>,
    peak: (Option<Instant>, u64),
}

impl Instance {
    /// Opens its APIs; nothing runs before `initialise`.
    pub(super) async fn open(
        site: &Site,
        spec: &FunctionSpec,
        stream: &Arc<LogStream>,
    ) -> Result<Self, NotStarted> {
        let external = extensions::external(spec)?;
        let facts = FunctionFacts {
            name: spec.name.clone(),
            version: spec.version.clone(),
            handler: spec.handler.clone(),
            account: spec.account.to_string(),
        };
        let names = external.iter().map(|extension| extension.name.clone()).collect();
        let telemetry = Arc::new(Telemetry::new(Arc::clone(&site.clock)));
        let apis = Apis {
            exchange: Arc::new(Exchange::new()),
            extensions: Arc::new(Extensions::new(facts, names)),
            telemetry: Arc::clone(&telemetry),
        };
        let (address, listening) = runtime_api::listen(apis.clone()).await?;
        let (clock, logging) = (Arc::clone(&site.clock), spec.logging.clone());
        let output = Output::new(&site.ports, Arc::clone(stream), clock, logging, telemetry);
        Ok(Self {
            apis,
            output,
            address,
            _listening: listening,
            external,
            runtime: None,
            extensions: Vec::new(),
            peak: (None, 0),
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.runtime.as_ref().is_some_and(|runtime| runtime.process.is_alive())
            && self.extensions.iter().all(|extension| extension.process.is_alive())
    }

    /// Starts the processes and waits until all are ready, so long at most.
    pub(super) async fn initialise(
        &mut self,
        site: &Site,
        spec: &FunctionSpec,
        place: &variables::Place,
        phase: Phase,
        limit: Duration,
    ) -> Result<Duration, Failure> {
        let began = Instant::now();
        platform::init_start(&self.output, spec, phase).await;
        let started = tokio::time::timeout(limit, self.start(site, spec, place)).await;
        let outcome = started
            .unwrap_or_else(|_| Err(Failure::TimedOut(u32::try_from(limit.as_secs()).unwrap_or(u32::MAX))));
        self.drain().await;
        let took = began.elapsed();
        if outcome.is_ok() {
            for (name, events) in self.apis.extensions.close() {
                let events: Vec<&str> = events.into_iter().map(runtime_api::EventType::as_str).collect();
                platform::extension_ready(&self.output, &name, &events).await;
            }
        }
        platform::init_done(&self.output, phase, took, outcome.as_ref().err()).await;
        self.apis.telemetry.close();
        outcome.map(|()| took)
    }

    async fn start(
        &mut self,
        site: &Site,
        spec: &FunctionSpec,
        place: &variables::Place,
    ) -> Result<(), Failure> {
        let all = variables::of(site, spec, &self.address, place);
        let program = programs::of(site, spec, &all).await.map_err(Failure::NotStarted)?;
        let supervision = || supervision(site, spec, place);
        for extension in &self.external {
            let variables = extensions::variables(&all);
            let program = Program {
                file: place.seen(&extension.file.display().to_string()).into(),
                arguments: Vec::new(),
                folder: place.tmp.clone(),
                variables,
            };
            let (output, kind) = (&self.output, Kind::Extension);
            let running = Running::start(&extension.name, &program, supervision(), output, kind).await;
            let failed = |error: std::io::Error| {
                Failure::NotStarted(NotStarted::new(
                    "Extension.LaunchError",
                    format!("cannot start extension {}: {error}", extension.name),
                ))
            };
            self.extensions.push(running.map_err(failed)?);
        }
        if !self.external.is_empty() {
            self.until(self.apis.extensions.all_registered()).await?;
        }
        let program = Program {
            file: place.seen(&program.file.display().to_string()).into(),
            arguments: program.arguments.iter().map(|text| place.seen(text)).collect(),
            folder: place.task.clone(),
            variables: all,
        };
        let (output, kind) = (&self.output, Kind::Function);
        let running = Running::start("runtime", &program, supervision(), output, kind).await;
        let running = running.map_err(|error| {
            let message = format!("cannot start {}: {error}", program.file.display());
            Failure::NotStarted(NotStarted::new("Runtime.InvalidEntrypoint", message))
        })?;
        self.runtime = Some(running);
        self.until(self.apis.exchange.initialised()).await?;
        self.until(self.apis.extensions.all_wait()).await
    }

    /// Waits for something, unless the environment fails before.
    async fn until(&self, done: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = done => Ok(()),
            failure = self.failed() => Err(failure),
        }
    }

    /// Completes when something has failed.
    async fn failed(&self) -> Failure {
        tokio::select! {
            biased;
            (document, kind) = self.apis.exchange.initialisation_failed() => {
                Failure::Reported { document, kind: kind.unwrap_or_else(|| "Runtime.Unknown".to_owned()) }
            }
            failure = self.apis.extensions.failed() => {
                let document = if failure.document.is_empty() {
                    super::failure::document(&failure.kind, &format!("extension {} failed", failure.name))
                } else {
                    failure.document
                };
                Failure::Reported { document, kind: failure.kind }
            }
            (name, status) = self.extension_exited() => Failure::ExtensionExited { name, status },
            status = self.runtime_exited() => Failure::Exited(status),
        }
    }

    async fn runtime_exited(&self) -> Option<ExitStatus> {
        match &self.runtime {
            Some(runtime) => runtime.process.exited().await,
            None => std::future::pending().await,
        }
    }

    async fn extension_exited(&self) -> (String, Option<ExitStatus>) {
        if self.extensions.is_empty() {
            return std::future::pending().await;
        }
        let exits = self
            .extensions
            .iter()
            .map(|extension| Box::pin(async { (extension.name.clone(), extension.process.exited().await) }));
        futures_util::future::select_all(exits).await.0
    }

    /// Hands an invocation over and waits for its answer and for the extensions.
    pub(super) async fn run(
        &self,
        spec: &FunctionSpec,
        work: Work,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Result<Answered, Failure> {
        let timeout = tokio::time::sleep(Duration::from_secs(spec.timeout_seconds.into()));
        tokio::pin!(timeout);
        self.apis.extensions.tell_of_invocation(
            work.deadline_ms,
            &work.request_id,
            &work.function_arn,
            &work.trace,
        );
        let answered = self.apis.exchange.hand_over(work, pieces).await;
        let answered = async {
            match answered.await {
                Ok(answered) => answered,
                // The call that answers was broken off: the process is ending.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answered = answered => Ok(answered),
            failure = self.failed() => Err(failure),
            () = self.out_of_memory(spec) => Err(Failure::OutOfMemory),
            () = &mut timeout => Err(Failure::TimedOut(spec.timeout_seconds)),
        }
    }

    /// Extensions go on after the answer; the invocation's time is theirs too.
    pub(super) async fn extensions_done(&self, spec: &FunctionSpec, left: Duration) -> Result<(), Failure> {
        if self.apis.extensions.is_empty() {
            return Ok(());
        }
        let both = async {
            self.apis.exchange.waits().await;
            self.apis.extensions.all_wait().await;
        };
        match tokio::time::timeout(left, self.until(both)).await {
            Ok(done) => done,
            Err(_) => Err(Failure::TimedOut(spec.timeout_seconds)),
        }
    }

    /// Completes when the runtime uses more memory than it has.
    async fn out_of_memory(&self, spec: &FunctionSpec) {
        loop {
            tokio::time::sleep(MEMORY_EVERY).await;
            let used = self.runtime.as_ref().map_or(0, |runtime| runtime.process.memory_mb());
            if used > spec.memory_mb.into() {
                return;
            }
        }
    }

    /// Whether anybody but the runtime takes part.
    pub(super) fn has_extensions(&self) -> bool {
        !self.apis.extensions.is_empty()
    }

    /// Whether the runtime has taken the invocation that was handed over last.
    pub(super) fn has_taken(&self) -> bool {
        self.apis.exchange.has_taken()
    }

    /// Reads all that was printed until now.
    pub(super) async fn drain(&self) {
        for running in self.runtime.iter().chain(&self.extensions) {
            running.drain().await;
        }
    }

    /// The most memory that the runtime has used, MB.
    pub(super) fn memory_used_mb(&mut self) -> u64 {
        let now = Instant::now();
        let fresh = self.peak.0.is_some_and(|at| now.duration_since(at) < PEAK_EVERY);
        if !fresh && let Some(runtime) = &self.runtime {
            self.peak = (Some(now), runtime.process.memory_peak_mb().max(self.peak.1));
        }
        self.peak.1
    }

    /// Ends the processes as AWS does it: at once if nobody wants to know, else with a little time.
    pub(super) async fn end(self, now: Timestamp, reason: &'static str) {
        let runtime = self.runtime.as_ref().map(|runtime| &runtime.process);
        if reason != "spindown"
            && let Some(runtime) = runtime
        {
            runtime.kill();
        }
        if self.apis.extensions.has_external() {
            let all = self.extensions.iter().map(|extension| async {
                extension.process.end_within(GRACE_EXTERNAL).await;
            });
            if let Some(runtime) = runtime {
                runtime.terminate();
                runtime.end_within(GRACE_RUNTIME).await;
            }
            let (_, ()) = tokio::join!(futures_util::future::join_all(all), async {
                self.apis.telemetry.finish(TELEMETRY_GRACE).await;
                self.apis.extensions.tell_of_shutdown(reason, now.plus(GRACE_EXTERNAL).0);
            });
        } else if let Some(runtime) = runtime {
            if self.apis.extensions.has_internal() {
                runtime.terminate();
                runtime.end_within(GRACE_INTERNAL).await;
            }
            runtime.kill();
            runtime.exited().await;
        }
        self.drain().await;
    }
}
