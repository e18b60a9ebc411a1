//! Execution environments: processes that run functions, kept warm, scaled with the load, ended when they are not needed.

mod cgroups;
mod containers;
mod environment;
mod extensions;
mod failure;
mod figures;
mod instance;
mod isolation;
mod machine;
mod output;
mod pipe;
mod platform;
pub mod process;
mod processors;
mod programs;
mod provisioned;
mod reserve;
mod variables;
mod vigil;
mod warm;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws::Arn;
use engine::Clock;
use futures_util::future::BoxFuture;
use service::views::InvocationCounts;
use service::{Ids, Ports, Stop, Tasks};
use tokio::sync::{Semaphore, mpsc};

use crate::execution::{
    Execute, FunctionError, FunctionSpec, Invocation, InvokeError, Look, Measured, Outcome, Piece,
};
use crate::python::Interpreters;
use cgroups::Cgroups;
use containers::Containers;
use environment::{Ended, Environment};
use failure::{Failure, NotStarted};
use figures::Tally;
use isolation::Isolation;
pub use machine::{Finding, examine};
use reserve::Reserve;
use vigil::{QUICK, Vigil};
use warm::{IDLE_MAX, Warm};

const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// What the executor is told once.
#[derive(Clone, Debug)]
pub struct ExecutorSettings {
    /// Python environments and the functions' temporary folders are made below it.
    pub data_dir: PathBuf,
    /// An interpreter that has `awslambdaric`, if the user named one.
    pub python: Option<PathBuf>,
    /// The search path for interpreters and for functions.
    pub path: String,
    /// Variables by which podman and docker find their images and daemons.
    pub container_variables: BTreeMap<String, String>,
    /// This very program, which supervises functions (`supervisor`); without it they are started bare.
    pub supervisor: Option<PathBuf>,
    /// Functions live in namespaces of their own where the machine allows it.
    pub isolation: bool,
    /// Where the X-Ray daemon's port is, if there is one.
    pub xray_daemon: Option<SocketAddr>,
    /// Invocations at once; beyond, they are throttled.
    pub environments_max: usize,
}

/// Runs functions in processes of their own.
pub struct Executor {
    site: Site,
    warm: Warm,
    provisioned: provisioned::Provisioned,
    running: Semaphore,
    environments_max: usize,
    tally: Tally,
    vigil: Vigil,
    stopping: std::sync::atomic::AtomicBool,
    this: std::sync::Weak<Self>,
}

/// What every environment is made with.
struct Site {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    ports: Ports,
    interpreters: Interpreters,
    path: String,
    /// Where functions have their temporary folders.
    scratch: PathBuf,
    isolation: Isolation,
    /// Set at the start, where a control group is delegated.
    cgroups: OnceLock<Cgroups>,
    containers: Containers,
    reserve: Reserve,
    /// Where clients of the Runtime API are laid down.
    runtimes: PathBuf,
    xray_daemon: Option<SocketAddr>,
}

impl Executor {
    /// Nothing runs before the first invocation.
    pub fn new(
        settings: ExecutorSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        ports: Ports,
    ) -> Arc<Self> {
        let ExecutorSettings {
            data_dir,
            python,
            path,
            mut container_variables,
            supervisor,
            isolation,
            xray_daemon,
            environments_max,
        } = settings;
        container_variables.insert("PATH".to_owned(), path.clone());
        let containers = Containers::new(&data_dir, container_variables);
        let isolation = Isolation::new(supervisor, isolation, &data_dir, python.as_deref());
        let runtimes = data_dir.join("runtimes");
        let scratch = data_dir.join("scratch");
        let interpreters = Interpreters::new(python, data_dir.join("python"), path.clone());
        Arc::new_cyclic(|this| Self {
            site: Site {
                clock,
                ids,
                ports,
                interpreters,
                path,
                scratch,
                isolation,
                cgroups: OnceLock::new(),
                containers,
                reserve: Reserve::default(),
                runtimes,
                xray_daemon,
            },
            warm: Warm::default(),
            provisioned: provisioned::Provisioned::default(),
            running: Semaphore::new(environments_max),
            environments_max,
            tally: Tally::default(),
            vigil: Vigil::default(),
            stopping: false.into(),
            this: this.clone(),
        })
    }

    /// Starts the task that ends environments which are no longer needed, all of them at the end.
    pub fn start(self: &Arc<Self>, tasks: &Tasks) {
        // What a killed process left behind; if it cannot be removed it only takes room.
        let _ = std::fs::remove_dir_all(&self.site.scratch);
        self.enter_cgroups();
        for container in self.site.containers.leftovers() {
            tokio::spawn(container.remove());
        }
        tasks.spawn("execution-environments", Arc::clone(self).sweep(tasks.stop()));
        let (this, stop) = (Arc::clone(self), tasks.stop());
        tasks.spawn("vigil", async move { this.vigil.watch(stop).await });
    }

    /// Bounds functions by the kernel where a control group is delegated to the server.
    fn enter_cgroups(&self) {
        if !self.site.isolation.is_wanted() {
            return;
        }
        match Cgroups::enter() {
            Ok(cgroups) => drop(self.site.cgroups.set(cgroups)),
            Err(problem) => {
                tracing::info!(problem, "functions have no control groups: their memory is watched");
            }
        }
    }

    async fn sweep(self: Arc<Self>, mut stop: Stop) {
        loop {
            let next = self.site.clock.now().plus(SWEEP_EVERY);
            tokio::select! {
                () = self.site.clock.sleep_until(next) => {
                    self.end_idle();
                    self.refill().await;
                }
                () = stop.requested() => break,
            }
        }
        self.stopping.store(true, std::sync::atomic::Ordering::Relaxed);
        self.site.reserve.end_unneeded(self.site.clock.now(), Duration::ZERO);
        // Running invocations have the listener's and the pollers' grace; whoever still runs then is ended.
        let ends =
            self.warm.take_all().into_iter().map(|environment| environment.end(&self.site, "spindown"));
        futures_util::future::join_all(ends).await;
        if let Some(cgroups) = self.site.cgroups.get() {
            cgroups.leave();
        }
    }

    /// Environments of a function that run an invocation, those that wait for one, and what has become of its
    /// invocations.
    pub(crate) fn figures(&self, function: &Arn) -> (usize, usize, InvocationCounts) {
        let figures = self.tally.of(function);
        (figures.busy, self.warm.of_function(function), figures.counts)
    }

    fn end_idle(&self) {
        let now = self.site.clock.now();
        self.site.reserve.end_unneeded(now, IDLE_MAX);
        let unneeded = self.warm.take_unneeded(now, |version| self.provisioned.wanted(version));
        self.end(unneeded, "spindown");
    }

    /// Ends environments, nobody waiting for them.
    fn end(&self, environments: Vec<Environment>, reason: &'static str) {
        let Some(this) = self.this.upgrade() else { return };
        for environment in environments {
            let this = Arc::clone(&this);
            tokio::spawn(async move { environment.end(&this.site, reason).await });
        }
    }

    /// A warm environment of this very revision, if one is idle.
    fn take_warm(&self, spec: &FunctionSpec) -> Option<Environment> {
        let (warm, outdated) = self.warm.take(spec);
        self.end(outdated, "spindown");
        warm
    }

    /// What one function has needed, the next one will: not while the first one is waited for.
    fn prepare_for_next(&self, environment: &Environment) {
        let Some(this) = self.this.upgrade() else { return };
        let isolated = environment.is_isolated();
        tokio::spawn(async move {
            let Some(program) = this.site.isolation.supervisor() else { return };
            let ground = isolated.then(|| this.site.isolation.ground());
            if let Err(error) = this.site.reserve.fill(program, ground.as_ref(), this.site.clock.now()).await
            {
                tracing::debug!(%error, "no supervisors are kept for the next functions");
            }
        });
    }

    fn put_back(&self, mut environment: Environment) {
        if self.stopping.load(std::sync::atomic::Ordering::Relaxed) || !environment.is_alive() {
            return self.end(vec![environment], "spindown");
        }
        environment.idle_since = self.site.clock.now();
        self.warm.put(environment);
    }

    async fn run(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Outcome {
        let (counted, began) = (self.tally.begin(&spec.arn), self.site.clock.now());
        let (outcome, cold) = self.run_somewhere(spec, invocation, pieces).await;
        let took = self.site.clock.now().since(began).as_millis();
        counted.ended(outcome.function_error.is_some(), cold, u64::try_from(took).unwrap_or(u64::MAX));
        outcome
    }

    /// In a warm environment, or in a new one; which it was.
    async fn run_somewhere(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> (Outcome, bool) {
        loop {
            let warm = self.take_warm(&spec);
            let cold = warm.is_none();
            let mut environment = match warm {
                Some(environment) => environment,
                None => match Box::pin(Environment::open(&self.site, &spec)).await {
                    Ok(environment) => environment,
                    Err(failure) => return (not_started(&spec, &invocation, failure), true),
                },
            };
            self.keep_awake(environment.took);
            // A new environment always has an outcome, so this ends.
            match environment.invoke(&self.site, invocation.clone(), pieces.clone()).await {
                Ended::With(outcome, Ok(())) => {
                    if cold {
                        self.prepare_for_next(&environment);
                    }
                    environment.took = Some(outcome.measured.duration);
                    self.keep_awake(environment.took);
                    self.put_back(environment);
                    return (outcome, cold);
                }
                Ended::With(outcome, Err(reason)) => {
                    self.end(vec![environment], reason);
                    return (outcome, cold);
                }
                Ended::Untouched => self.end(vec![environment], "failure"),
            }
        }
    }

    /// Stays awake for an invocation, or for the one after it, if it is likely to be quick and no other runs that could
    /// need the processor; `took`: as long as the environment's last one took.
    fn keep_awake(&self, took: Option<Duration>) {
        let alone = self.running.available_permits() + 1 >= self.environments_max;
        if alone && took.is_some_and(|took| took < QUICK) {
            self.vigil.keep(QUICK);
        }
    }

    /// Runs an invocation, if there is a place for it.
    async fn begin(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Result<Outcome, InvokeError> {
        if self.stopping.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(InvokeError::Stopped);
        }
        let _place = self.running.try_acquire().map_err(|_| InvokeError::Throttled)?;
        Ok(self.run(spec, invocation, pieces).await)
    }
}

/// The outcome of an invocation that has no environment.
fn not_started(spec: &FunctionSpec, invocation: &Invocation, failure: NotStarted) -> Outcome {
    let (request_id, failure) = (invocation.request_id.to_string(), Failure::NotStarted(failure));
    let mut line = failure.line(&request_id).unwrap_or_default();
    line.push('\n');
    Outcome {
        payload: failure.document(&request_id),
        function_error: Some(FunctionError::Unhandled),
        log_tail: line.into(),
        executed_version: spec.version.clone(),
        measured: Measured { memory_mb: spec.memory_mb, ..Measured::default() },
    }
}

impl Execute for Executor {
    fn invoke(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(self.begin(spec, invocation, None))
    }

    fn invoke_streaming(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(self.begin(spec, invocation, Some(pieces)))
    }

    fn provision(
        &self,
        spec: Arc<FunctionSpec>,
        environments: u32,
    ) -> BoxFuture<'_, Result<u32, InvokeError>> {
        Box::pin(async move {
            self.provisioned.want(&spec, environments);
            Ok(self.fill(&spec).await)
        })
    }

    fn processors(&self) -> usize {
        processors::count()
    }

    fn look(&self) -> Look {
        processors::look()
    }

    fn retire(&self, version: &Arn) {
        self.provisioned.forget(version);
        self.end(self.warm.take_version(version), "spindown");
    }
}

#[cfg(test)]
mod tests;
