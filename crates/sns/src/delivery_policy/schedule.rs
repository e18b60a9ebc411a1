//! When a delivery that failed is tried again.

use super::{Backoff, RetryPolicy};

impl RetryPolicy {
    /// Seconds until the next try after so many tries have failed; `None` once the policy is exhausted.
    pub(crate) fn pause_seconds(&self, failed_tries: u32) -> Option<u32> {
        if failed_tries > self.num_retries {
            return None;
        }
        let retry = failed_tries.max(1);
        let backoff_from = self.num_no_delay_retries + self.num_min_delay_retries;
        let backoff_to = self.num_retries.saturating_sub(self.num_max_delay_retries);
        if retry <= self.num_no_delay_retries {
            Some(0)
        } else if retry <= backoff_from {
            Some(self.min_delay_target)
        } else if retry <= backoff_to {
            Some(self.backoff_seconds(retry - backoff_from, backoff_to - backoff_from))
        } else {
            Some(self.max_delay_target)
        }
    }

    /// All pauses together.
    pub(super) fn total_seconds(&self) -> u32 {
        (1..=self.num_retries).filter_map(|retry| self.pause_seconds(retry)).sum()
    }

    /// The delay of a step out of all of the backoff phase; the last one is the greatest delay.
    fn backoff_seconds(&self, step: u32, steps: u32) -> u32 {
        let (least, most) = (f64::from(self.min_delay_target), f64::from(self.max_delay_target));
        let (at, end) = (f64::from(step), f64::from(steps));
        let share = match self.backoff_function {
            Backoff::Linear => at / end,
            Backoff::Arithmetic => at * (at + 1.0) / (end * (end + 1.0)),
            Backoff::Geometric => (at / end).powi(3),
            Backoff::Exponential => (at - end).exp2(),
        };
        let seconds = (least + (most - least) * share).round();
        // Between the two targets, which are small whole numbers.
        (self.min_delay_target..=self.max_delay_target)
            .find(|whole| f64::from(*whole) >= seconds)
            .unwrap_or(self.max_delay_target)
    }
}
