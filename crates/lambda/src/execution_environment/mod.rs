//! Execution environments: processes that run functions, kept warm, scaled with the load, ended when they are not needed.

mod environment;
mod failure;
mod figures;
mod output;
mod process;
mod provisioned;
mod variables;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::Arn;
use engine::Clock;
use futures_util::future::BoxFuture;
use service::views::InvocationCounts;
use service::{Ids, Stop, Tasks};
use tokio::sync::{Semaphore, oneshot};

use crate::execution::{Execute, FunctionSpec, Invocation, InvokeError, Outcome};
use crate::function_log::FunctionLogs;
use crate::python::Interpreters;
use environment::Environment;
use figures::Tally;

/// Environments at once; beyond, invocations are throttled.
const ENVIRONMENTS_MAX: usize = 512;
/// An environment that has been idle so long ends.
const IDLE_MAX: Duration = Duration::from_mins(10);
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
}

/// Runs functions in processes of their own.
pub struct Executor {
    site: Site,
    /// By their functions' versions.
    idle: Mutex<HashMap<Arn, Vec<Environment>>>,
    provisioned: provisioned::Provisioned,
    running: Arc<Semaphore>,
    tally: Tally,
    stopping: std::sync::atomic::AtomicBool,
    this: std::sync::Weak<Self>,
}

/// What every environment is made with.
struct Site {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    logs: Arc<FunctionLogs>,
    interpreters: Interpreters,
    path: String,
    /// Where functions have their temporary folders.
    scratch: PathBuf,
}

impl Executor {
    /// Nothing runs before the first invocation.
    pub fn new(
        settings: ExecutorSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        logs: Arc<FunctionLogs>,
    ) -> Arc<Self> {
        let ExecutorSettings { data_dir, python, path } = settings;
        let scratch = data_dir.join("scratch");
        let interpreters = Interpreters::new(python, data_dir.join("python"), path.clone());
        Arc::new_cyclic(|this| Self {
            site: Site { clock, ids, logs, interpreters, path, scratch },
            idle: Mutex::default(),
            provisioned: provisioned::Provisioned::default(),
            running: Arc::new(Semaphore::new(ENVIRONMENTS_MAX)),
            tally: Tally::default(),
            stopping: false.into(),
            this: this.clone(),
        })
    }

    /// Starts the task that ends environments which are no longer needed, all of them at the end.
    pub fn start(self: &Arc<Self>, tasks: &Tasks) {
        // What a killed process left behind; if it cannot be removed it only takes room.
        let _ = std::fs::remove_dir_all(&self.site.scratch);
        tasks.spawn("execution-environments", Arc::clone(self).sweep(tasks.stop()));
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
        // Running invocations have the listener's and the pollers' grace; whoever still runs then is ended.
        let all: Vec<Environment> = self.idle().drain().flat_map(|(_, environments)| environments).collect();
        futures_util::future::join_all(all.into_iter().map(Environment::end)).await;
    }

    /// Environments of a function that run an invocation, those that wait for one, and what has become of its
    /// invocations.
    pub(crate) fn figures(&self, function: &Arn) -> (usize, usize, InvocationCounts) {
        let figures = self.tally.of(function);
        let warm = self.idle().get(function).map_or(0, Vec::len);
        (figures.busy, warm, figures.counts)
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<Arn, Vec<Environment>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_idle(&self) {
        let now = self.site.clock.now();
        self.idle().retain(|version, environments| {
            environments.retain(Environment::is_alive);
            let mut kept = self.provisioned.wanted(version);
            environments.retain(|environment| {
                let provisioned = kept > 0;
                kept = kept.saturating_sub(1);
                provisioned || now.since(environment.idle_since) < IDLE_MAX
            });
            !environments.is_empty()
        });
    }

    /// A warm environment of this very revision, if one is idle.
    fn warm(&self, spec: &FunctionSpec) -> Option<Environment> {
        let mut idle = self.idle();
        let environments = idle.get_mut(&spec.version_arn())?;
        environments.retain(|environment| environment.is_alive() && environment.revision() == spec.revision);
        environments.pop()
    }

    fn put_back(&self, mut environment: Environment) {
        if self.stopping.load(std::sync::atomic::Ordering::Relaxed) || !environment.is_alive() {
            return;
        }
        environment.idle_since = self.site.clock.now();
        self.idle().entry(environment.version_arn()).or_default().push(environment);
    }

    async fn run(&self, spec: Arc<FunctionSpec>, invocation: Invocation) -> Result<Outcome, InvokeError> {
        let (counted, began) = (self.tally.begin(&spec.arn), self.site.clock.now());
        let ended = |failed, cold| {
            let took = self.site.clock.now().since(began).as_millis();
            counted.ended(failed, cold, u64::try_from(took).unwrap_or(u64::MAX));
        };
        let warm = self.warm(&spec);
        let cold = warm.is_none();
        let mut environment = match warm {
            Some(environment) => environment,
            None => match Environment::start(&self.site, &spec).await {
                Ok(environment) => environment,
                Err(failure) => {
                    ended(true, true);
                    return Ok(failure::not_started(&self.site, &spec, &invocation, &failure));
                }
            },
        };
        let (outcome, usable) = environment.invoke(&self.site, invocation).await;
        ended(outcome.function_error.is_some(), cold);
        if usable {
            self.put_back(environment);
        }
        Ok(outcome)
    }
}

impl Execute for Executor {
    fn invoke(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(async move {
            let this = self.this.upgrade().ok_or(InvokeError::Stopped)?;
            if self.stopping.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(InvokeError::Stopped);
            }
            let place = Arc::clone(&self.running).try_acquire_owned().map_err(|_| InvokeError::Throttled)?;
            let (tell, told) = oneshot::channel();
            // A task of its own: who invoked may go away, the function goes on.
            tokio::spawn(async move {
                let outcome = this.run(spec, invocation).await;
                drop(place);
                let _ = tell.send(outcome);
            });
            told.await
                .unwrap_or_else(|_| Err(InvokeError::Failed("the invocation ended by a panic".to_owned())))
        })
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

    fn retire(&self, version: &Arn) {
        self.provisioned.forget(version);
        self.idle().remove(version);
    }
}

#[cfg(test)]
mod tests;
