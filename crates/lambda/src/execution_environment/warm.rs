//! Environments that wait for an invocation.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::Arn;
use engine::Timestamp;

use super::environment::Environment;
use crate::execution::FunctionSpec;

/// An environment that has been idle so long ends.
pub(super) const IDLE_MAX: Duration = Duration::from_mins(10);

/// By their functions' versions, the one that was used last at the end.
#[derive(Default)]
pub(super) struct Warm(Mutex<HashMap<Arn, Vec<Environment>>>);

impl Warm {
    fn all(&self) -> MutexGuard<'_, HashMap<Arn, Vec<Environment>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, environment: Environment) {
        self.all().entry(environment.version.clone()).or_default().push(environment);
    }

    /// One of this very revision, if there is one, and those that can no longer be used.
    pub(super) fn take(&self, spec: &FunctionSpec) -> (Option<Environment>, Vec<Environment>) {
        let mut all = self.all();
        let Some(environments) = all.get_mut(&spec.version_arn) else { return (None, Vec::new()) };
        let usable =
            |environment: &Environment| environment.is_alive() && environment.revision() == spec.revision;
        let outdated = environments.extract_if(.., |environment| !usable(environment)).collect();
        (environments.pop(), outdated)
    }

    /// Takes out those that have ended, and those that nobody has needed for long: not as many as are `wanted` of their
    /// version.
    pub(super) fn take_unneeded(&self, now: Timestamp, wanted: impl Fn(&Arn) -> u32) -> Vec<Environment> {
        let mut unneeded = Vec::new();
        self.all().retain(|version, environments| {
            let mut kept = wanted(version);
            unneeded.extend(environments.extract_if(.., |environment| {
                let provisioned = environment.is_alive() && kept > 0;
                kept -= u32::from(provisioned);
                let idle = now.since(environment.idle_since) >= IDLE_MAX;
                !provisioned && (idle || !environment.is_alive())
            }));
            !environments.is_empty()
        });
        unneeded
    }

    pub(super) fn take_version(&self, version: &Arn) -> Vec<Environment> {
        self.all().remove(version).unwrap_or_default()
    }

    pub(super) fn take_all(&self) -> Vec<Environment> {
        self.all().drain().flat_map(|(_, environments)| environments).collect()
    }

    pub(super) fn of_version(&self, version: &Arn) -> usize {
        self.all().get(version).map_or(0, Vec::len)
    }

    /// Of all versions of a function.
    pub(super) fn of_function(&self, function: &Arn) -> usize {
        self.all().values().flatten().filter(|environment| environment.is_of(function)).count()
    }
}
