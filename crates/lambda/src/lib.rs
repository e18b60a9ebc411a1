//! Lambda: functions, their invocation, event source mappings, and the execution environments they run in.
//!
//! `actions/` is the API; `invocation.rs` calls a function; `async_invocation/` and `event_source_mapping/` call it
//! without a request; `execution.rs` is the seam to what runs it (`execution_environment/`, `runtime_api/`, `python/`).

mod access;
mod actions;
mod activation;
mod aliases;
mod async_invocation;
mod code;
mod code_signing;
mod configuration;
mod denied;
mod environment_variables;
mod errors;
mod event_source_mapping;
pub mod execution;
mod execution_environment;
mod function_name;
mod function_url;
mod functions;
mod hops;
mod invocation;
mod layers;
mod limits;
mod logging_config;
mod package_page;
mod paging;
mod policy;
mod ports;
mod provisioned_concurrency;
mod python;
mod records;
mod recursion;
mod resume;
mod runtime_api;
mod runtimes;
mod settings;
pub mod supervisor;
mod tags;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod versions;
mod view;

use std::collections::HashSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use engine::{Clock, Engine, QueueKey};
use service::{Ids, Ports, Row, Speaks, Stop, Tasks, row, streaming_row};
use tokio::sync::Semaphore;

pub use execution::{
    Execute, FunctionError, FunctionSpec, Image, Invocation, InvokeError, Measured, Outcome, Piece,
};
pub use execution_environment::{Executor, ExecutorSettings, Finding, examine, process};
pub use logging_config::{LogFormat, LogLevel, LoggingConfig};
pub use ports::Functions;
pub use view::View;

/// Functions made ready at once.
const ACTIVATIONS_MAX: usize = 4;

/// The actions.
pub const ACTIONS: &[Row<Lambda>] = &[
    row::<actions::AddLayerVersionPermission>(),
    row::<actions::AddPermission>(),
    row::<actions::CreateAlias>(),
    row::<actions::CreateCodeSigningConfig>(),
    row::<actions::CreateEventSourceMapping>(),
    row::<actions::CreateFunction>(),
    row::<actions::CreateFunctionUrlConfig>(),
    row::<actions::DeleteAlias>(),
    row::<actions::DeleteCodeSigningConfig>(),
    row::<actions::DeleteEventSourceMapping>(),
    row::<actions::DeleteFunction>(),
    row::<actions::DeleteFunctionCodeSigningConfig>(),
    row::<actions::DeleteFunctionConcurrency>(),
    row::<actions::DeleteFunctionEventInvokeConfig>(),
    row::<actions::DeleteFunctionUrlConfig>(),
    row::<actions::DeleteLayerVersion>(),
    row::<actions::DeleteProvisionedConcurrencyConfig>(),
    row::<actions::GetAccountSettings>(),
    row::<actions::GetAlias>(),
    row::<actions::GetCodeSigningConfig>(),
    row::<actions::GetEventSourceMapping>(),
    row::<actions::GetFunction>(),
    row::<actions::GetFunctionCodeSigningConfig>(),
    row::<actions::GetFunctionConcurrency>(),
    row::<actions::GetFunctionConfiguration>(),
    row::<actions::GetFunctionEventInvokeConfig>(),
    row::<actions::GetFunctionRecursionConfig>(),
    row::<actions::GetFunctionUrlConfig>(),
    row::<actions::GetLayerVersion>(),
    row::<actions::GetLayerVersionByArn>(),
    row::<actions::GetLayerVersionPolicy>(),
    row::<actions::GetPolicy>(),
    row::<actions::GetProvisionedConcurrencyConfig>(),
    row::<actions::GetRuntimeManagementConfig>(),
    row::<actions::Invoke>(),
    row::<actions::InvokeAsync>(),
    streaming_row::<actions::InvokeWithResponseStream>(),
    row::<actions::ListAliases>(),
    row::<actions::ListCodeSigningConfigs>(),
    row::<actions::ListEventSourceMappings>(),
    row::<actions::ListFunctionEventInvokeConfigs>(),
    row::<actions::ListFunctionUrlConfigs>(),
    row::<actions::ListFunctions>(),
    row::<actions::ListFunctionsByCodeSigningConfig>(),
    row::<actions::ListLayerVersions>(),
    row::<actions::ListLayers>(),
    row::<actions::ListProvisionedConcurrencyConfigs>(),
    row::<actions::ListTags>(),
    row::<actions::ListVersionsByFunction>(),
    row::<actions::PublishLayerVersion>(),
    row::<actions::PublishVersion>(),
    row::<actions::PutFunctionCodeSigningConfig>(),
    row::<actions::PutFunctionConcurrency>(),
    row::<actions::PutFunctionEventInvokeConfig>(),
    row::<actions::PutFunctionRecursionConfig>(),
    row::<actions::PutProvisionedConcurrencyConfig>(),
    row::<actions::PutRuntimeManagementConfig>(),
    row::<actions::RemoveLayerVersionPermission>(),
    row::<actions::RemovePermission>(),
    row::<actions::TagResource>(),
    row::<actions::UntagResource>(),
    row::<actions::UpdateAlias>(),
    row::<actions::UpdateCodeSigningConfig>(),
    row::<actions::UpdateEventSourceMapping>(),
    row::<actions::UpdateFunctionCode>(),
    row::<actions::UpdateFunctionConfiguration>(),
    row::<actions::UpdateFunctionEventInvokeConfig>(),
    row::<actions::UpdateFunctionUrlConfig>(),
];

/// What Lambda is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Packages are unpacked below it.
    pub data_dir: PathBuf,
    /// Where functions find this server.
    pub endpoint: String,
    /// Functions' policies are kept, and not asked.
    pub lenient_policies: bool,
    /// Batches at once of a mapping that does not say how many.
    pub mapping_batches_max: usize,
}

/// What Lambda is built on.
pub struct Dependencies {
    /// Keeps records, packages and asynchronous events.
    pub engine: Arc<dyn Engine>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The other services.
    pub ports: Ports,
    /// Runs functions.
    pub executor: Arc<dyn Execute>,
    /// What it is told.
    pub settings: Settings,
}

/// The service's state.
pub struct Lambda {
    engine: Arc<dyn Engine>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    ports: Ports,
    executor: Arc<dyn Execute>,
    settings: Settings,
    folders: code::Folders,
    calls: invocation::Calls,
    remembered: functions::Remembered,
    figures: event_source_mapping::Figures,
    denied: denied::Denied,
    activations: Semaphore,
    tasks: OnceLock<Tasks>,
    attended: Mutex<HashSet<String>>,
    /// Event queues whose functions are being created.
    creating: Mutex<HashSet<QueueKey>>,
    this: Weak<Self>,
}

impl Lambda {
    /// Puts the service together; nothing happens before `start`.
    pub fn new(dependencies: Dependencies) -> Arc<Self> {
        let Dependencies { engine, ids, clock, ports, executor, settings } = dependencies;
        Arc::new_cyclic(|this| Self {
            engine,
            ids,
            clock,
            ports,
            executor,
            folders: code::Folders::below(&settings.data_dir),
            settings,
            calls: invocation::Calls::default(),
            remembered: functions::Remembered::default(),
            figures: event_source_mapping::Figures::default(),
            denied: denied::Denied::default(),
            activations: Semaphore::new(ACTIVATIONS_MAX),
            tasks: OnceLock::new(),
            attended: Mutex::default(),
            creating: Mutex::default(),
            this: this.clone(),
        })
    }

    /// Adds its figures to what operators look at.
    pub fn register(&self, registry: &mut prometheus_client::registry::Registry) {
        self.figures.register(registry);
        self.denied.register(registry);
    }

    /// Runs a task of the service. Before `start` nothing runs: `start` looks for everything that is to be done.
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        task: impl FnOnce(Arc<Self>, Stop) -> F,
    ) {
        if let (Some(tasks), Some(this)) = (self.tasks.get(), self.this.upgrade()) {
            tasks.spawn(name, task(this, tasks.stop()));
        }
    }

    /// Runs a task that attends to one thing, named by a key that is never used again, if none does yet.
    fn attend<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        key: String,
        task: impl FnOnce(Arc<Self>, Stop) -> F,
    ) {
        if self.tasks.get().is_none() || !self.attended().insert(key.clone()) {
            return;
        }
        self.spawn(name, move |this, stop| {
            let task = task(Arc::clone(&this), stop);
            async move {
                task.await;
                this.attended().remove(&key);
            }
        });
    }

    /// Whether the program is ending.
    fn is_stopping(&self) -> bool {
        self.tasks.get().is_some_and(|tasks| tasks.stop().is_requested())
    }

    fn creating(&self) -> MutexGuard<'_, HashSet<QueueKey>> {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attended(&self) -> MutexGuard<'_, HashSet<String>> {
        self.attended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Lambda>) -> service::Service {
    let speaks = Speaks { json_target: None, query: None, on_decode_error: errors::on_decode_error };
    let mut service = service::bind("lambda", speaks, ACTIONS, state);
    service.pages.push(package_page::page(state));
    service.sites.push(function_url::site(state));
    service
}

/// Goes on with everything that happens without a request: functions on their way to be active, asynchronous events,
/// event source mappings. Once, after the engine is open and all ports are offered.
pub fn start(state: &Arc<Lambda>, tasks: &Tasks) {
    if state.tasks.set(tasks.clone()).is_ok() {
        resume::begin(state);
    }
}
