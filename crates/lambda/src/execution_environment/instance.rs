//! One run of an environment's processes: the runtime, its extensions, and the APIs that they speak. After a failure an
//! environment gets another.

mod failures;
mod invocation;
mod memory;
mod running;
mod shutdown;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use service::ports::LogStream;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval};

use super::cgroups::{Cgroup, Usage};
use super::containers::Container;
use super::failure::{Failure, NotStarted};
use super::output::Output;
use super::platform::{self, Phase};
use super::process::{Program, Supervision};
use super::{Site, extensions, programs, variables};
use crate::execution::FunctionSpec;
use crate::runtime_api::{self, Apis, Exchange, Extensions, FunctionFacts, Kind, Listening, Telemetry};
use running::{Running, cgroup, supervision};

/// One run.
pub(super) struct Instance {
    apis: Apis,
    pub(super) output: Arc<Output>,
    address: String,
    _listening: Listening,
    external: Vec<extensions::External>,
    runtime: Option<Running>,
    extensions: Vec<Running>,
    /// What the runtime runs in, if it is an image.
    container: Option<Container>,
    /// Where the container's memory is counted, once that is found.
    container_usage: Option<Usage>,
    container_search: Option<JoinHandle<Option<Usage>>>,
    /// Absent where none is delegated.
    cgroup: Option<Cgroup>,
    /// The most memory that the watch has seen, MB.
    seen_mb: AtomicU64,
    peak: (Option<Instant>, u64),
    /// When its memory is looked at. It goes on between invocations, so that not each begins a timer of its own.
    looks: AsyncMutex<Interval>,
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
            container: None,
            container_usage: None,
            container_search: None,
            cgroup: None,
            seen_mb: AtomicU64::new(0),
            peak: (None, 0),
            looks: AsyncMutex::new(memory::looks()),
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
        platform::init_start(&self.output, spec, place, phase).await;
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
        platform::init_done(&self.output, place, phase, took, outcome.as_ref().err()).await;
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
        let started = programs::of(site, spec, &all).await.map_err(Failure::NotStarted)?;
        self.cgroup = cgroup(site, spec, place, self.external.len());
        let supervision = || supervision(site, spec, place, self.cgroup.as_ref());
        let not_started = |error: std::io::Error| Failure::NotStarted(error.into());
        for extension in &self.external {
            let variables = extensions::variables(&all);
            let program = Program {
                file: place.seen(&extension.file.display().to_string()).into(),
                arguments: Vec::new(),
                folder: place.tmp.clone(),
                variables,
            };
            let (output, kind) = (&self.output, Kind::Extension);
            let supervision = supervision().await.map_err(not_started)?;
            let running = Running::start(&extension.name, &program, supervision, output, kind).await;
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
            file: place.seen(&started.file.display().to_string()).into(),
            arguments: started.arguments.iter().map(|text| place.seen(text)).collect(),
            folder: place.task.clone(),
            variables: if started.container.is_some() { site.containers.variables.clone() } else { all },
        };
        self.container = started.container;
        let (output, kind) = (&self.output, Kind::Function);
        let ending = self.container.as_ref().map(Container::removal);
        let supervision = supervision().await.map_err(not_started)?;
        let supervision = supervision.map(|supervision| Supervision { ending, ..supervision });
        let running = Running::start("runtime", &program, supervision, output, kind).await;
        let running = running.map_err(|error| {
            let message = format!("cannot start {}: {error}", program.file.display());
            Failure::NotStarted(NotStarted::new("Runtime.InvalidEntrypoint", message))
        })?;
        self.runtime = Some(running);
        self.until(self.apis.exchange.initialised()).await?;
        self.look_for_container();
        self.until(self.apis.extensions.all_wait()).await
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
}
