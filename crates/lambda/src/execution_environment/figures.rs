//! What has become of invocations since the program was started, and how many environments there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::Arn;
use service::views::InvocationCounts;

/// Functions that are counted; beyond, counting starts anew.
const FUNCTIONS_MAX: usize = 10_000;

/// One function.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) counts: InvocationCounts,
    /// Invocations that run.
    pub(super) busy: usize,
}

/// All functions.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Arc<Mutex<HashMap<Arn, Figures>>>);

/// An invocation that runs; counted as busy until it is dropped.
pub(super) struct Running {
    tally: Tally,
    function: Arn,
}

impl Tally {
    fn figures(&self) -> MutexGuard<'_, HashMap<Arn, Figures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, function: &Arn) -> Figures {
        self.figures().get(function).copied().unwrap_or_default()
    }

    pub(super) fn begin(&self, function: &Arn) -> Running {
        let mut figures = self.figures();
        if figures.len() >= FUNCTIONS_MAX && !figures.contains_key(function) {
            figures.retain(|_, one| one.busy > 0);
        }
        figures.entry(function.clone()).or_default().busy += 1;
        Running { tally: self.clone(), function: function.clone() }
    }
}

impl Running {
    /// It has ended.
    pub(super) fn ended(&self, failed: bool, cold: bool, milliseconds: u64) {
        if let Some(figures) = self.tally.figures().get_mut(&self.function) {
            let counts = &mut figures.counts;
            counts.ended += 1;
            counts.failed += u64::from(failed);
            counts.cold += u64::from(cold);
            counts.milliseconds += milliseconds;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(figures) = self.tally.figures().get_mut(&self.function) {
            figures.busy -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_busy_until_it_is_dropped_and_counted_when_it_has_ended() {
        let tally = Tally::default();
        let function = Arn::new("lambda", "us-east-1", "000000000000", "function:f");
        let (one, other) = (tally.begin(&function), tally.begin(&function));
        assert_eq!(tally.of(&function).busy, 2);
        one.ended(true, true, 5);
        drop(one);
        drop(other);
        let figures = tally.of(&function);
        let expected = InvocationCounts { ended: 1, failed: 1, cold: 1, milliseconds: 5 };
        assert_eq!((figures.busy, figures.counts), (0, expected));
    }
}
