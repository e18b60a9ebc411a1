//! The memory of an instance: bounded by its control group where it has one, watched everywhere, and measured.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::Instance;
use crate::execution::FunctionSpec;
use crate::execution_environment::cgroups::Usage;
use crate::execution_environment::failure::Failure;

/// How often the memory of a function that runs is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(100);
/// The peak of memory is looked up no more often than this.
const PEAK_EVERY: Duration = Duration::from_millis(100);

/// When the memory of an instance is looked at.
pub(super) fn looks() -> Interval {
    let mut looks = tokio::time::interval_at(Instant::now() + WATCH_EVERY, WATCH_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

impl Instance {
    /// Completes when more memory is used than there is. Files in `/tmp` may lie in memory too and are none of it: that
    /// is why a control group's bound alone would come too late.
    pub(super) async fn out_of_memory(&self, spec: &FunctionSpec) {
        let mut looks = self.looks.lock().await;
        loop {
            looks.tick().await;
            let used = self.memory_mb();
            self.seen_mb.fetch_max(used, Ordering::Relaxed);
            if used > spec.memory_mb.into() {
                return;
            }
        }
    }

    /// By all processes, or by the runtime alone where there is no control group. What runs containers is no part of the
    /// function.
    fn memory_mb(&self) -> u64 {
        match (self.usage(), &self.runtime) {
            (Some(usage), _) => usage.memory_bytes() >> 20,
            (None, Some(runtime)) if self.container.is_none() => runtime.process.memory_mb(),
            (None, _) => 0,
        }
    }

    /// Of our control group, or of the container's.
    fn usage(&self) -> Option<&Usage> {
        self.cgroup.as_ref().map(|cgroup| &cgroup.usage).or(self.container_usage.as_ref())
    }

    /// Begins to look where the container's memory is counted: nobody waits for it before it is reported.
    pub(super) fn look_for_container(&mut self) {
        let container = self.container.clone();
        self.container_search =
            container.map(|container| tokio::spawn(async move { container.usage().await }));
    }

    /// The most memory that has been used, MB.
    pub(in super::super) async fn memory_used_mb(&mut self, spec: &FunctionSpec) -> u64 {
        if let Some(search) = self.container_search.take() {
            self.container_usage = search.await.ok().flatten();
        }
        let now = Instant::now();
        let fresh = self.peak.0.is_some_and(|at| now.duration_since(at) < PEAK_EVERY);
        if let Some(runtime) = self.runtime.as_ref().filter(|_| !fresh) {
            let alone = if self.container.is_some() { 0 } else { runtime.process.memory_peak_mb() };
            let most = alone.max(self.peak_of_all_mb(spec.memory_mb.into()));
            self.peak = (Some(now), most.max(self.peak.1));
        }
        self.peak.1
    }

    /// As the control group has it; a peak of more than there is was one of files, and what was seen of the rest counts.
    fn peak_of_all_mb(&self, most_mb: u64) -> u64 {
        let Some(usage) = self.usage() else { return 0 };
        let peak = usage.memory_peak_bytes().div_ceil(1 << 20);
        if peak <= most_mb { peak } else { self.seen_mb.load(Ordering::Relaxed) }
    }

    /// What the end of a process means.
    pub(super) fn ended(&self, failure: Failure) -> Failure {
        match &self.cgroup {
            Some(cgroup) if cgroup.usage.is_out_of_memory() => Failure::OutOfMemory,
            _ => failure,
        }
    }
}
