//! Provisioned concurrency: environments that are initialised before anybody needs them, and stay.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::Arn;

use super::Executor;
use super::environment::Environment;
use crate::execution::FunctionSpec;

/// Environments that are kept initialised, of all functions together: they are processes of one machine.
const PROVISIONED_MAX: u32 = 128;

/// How many environments which version wants.
#[derive(Default)]
pub(super) struct Provisioned(Mutex<HashMap<Arn, (Arc<FunctionSpec>, u32)>>);

impl Provisioned {
    fn all(&self) -> MutexGuard<'_, HashMap<Arn, (Arc<FunctionSpec>, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on so many, as far as there is room; 0: none.
    pub(super) fn want(&self, spec: &Arc<FunctionSpec>, environments: u32) {
        let mut all = self.all();
        all.remove(&spec.version_arn);
        let taken: u32 = all.values().map(|(_, wanted)| wanted).sum();
        let wanted = environments.min(PROVISIONED_MAX.saturating_sub(taken));
        if wanted > 0 {
            all.insert(spec.version_arn.clone(), (Arc::clone(spec), wanted));
        }
    }

    /// How many a version wants.
    pub(super) fn wanted(&self, version: &Arn) -> u32 {
        self.all().get(version).map_or(0, |(_, wanted)| *wanted)
    }

    /// The version is gone or has changed.
    pub(super) fn forget(&self, version: &Arn) {
        self.all().remove(version);
    }

    fn specs(&self) -> Vec<Arc<FunctionSpec>> {
        self.all().values().map(|(spec, _)| Arc::clone(spec)).collect()
    }
}

impl Executor {
    /// Starts what is missing of a version's environments; answers how many are ready.
    pub(super) async fn fill(&self, spec: &Arc<FunctionSpec>) -> u32 {
        let version = &spec.version_arn;
        let wanted = self.provisioned.wanted(version);
        let mut ready = self.ready(version);
        while ready < wanted && !self.stopping.load(std::sync::atomic::Ordering::Relaxed) {
            let Ok(mut environment) = Environment::open(&self.site, spec).await else { break };
            if !environment.warm_up(&self.site).await {
                tracing::warn!(function = %version, "a provisioned environment could not be initialised");
                break;
            }
            self.put_back(environment);
            ready = self.ready(version);
        }
        ready
    }

    /// Replaces provisioned environments that have ended.
    pub(super) async fn refill(&self) {
        for spec in self.provisioned.specs() {
            self.fill(&spec).await;
        }
    }

    fn ready(&self, version: &Arn) -> u32 {
        u32::try_from(self.warm.of_version(version)).unwrap_or(u32::MAX)
    }
}
