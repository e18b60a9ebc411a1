//! How many batches of a mapping may run at once: more as long as the queue is never empty and the machine has room for
//! them, fewer when there is no room for the function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::time::Duration;

use super::batch::Course;
use crate::limits::{BATCHES_AT_FIRST, BATCHES_MAX, BATCHES_MIN, BATCHES_OF_POLLER, BATCHES_PROVISIONED_MAX};
use crate::records::MappingRecord;

/// More batches at once as long as all run that may and the processors have room: AWS adds 300 a minute, five a second,
/// and up to 1,000 a minute in provisioned mode.
const GROWTH_EVERY: Duration = Duration::from_secs(1);
/// From as many batches as there are processors to as many as AWS begins with.
const FIRST_GROWTH_AFTER: Duration = Duration::from_millis(100);
const GROWTH: usize = 5;
const GROWTH_PROVISIONED: usize = 1000 / 60;

/// How many batches may run at once.
#[derive(Debug)]
pub(super) struct Concurrency {
    pub(super) now: usize,
    max: usize,
    /// Where a backlog begins.
    first: usize,
    /// How many more at a time.
    growth: usize,
    /// Whether errors of the function lower it: not if the function says itself which messages failed.
    sinks: bool,
    /// As many run as may: how long that stays so at least.
    stays: Duration,
}

impl Concurrency {
    /// `unasked` is the bound of a mapping that sets none. What begins with more batches than there are processors would
    /// start environments that wait for each other.
    pub(super) fn new(mapping: &MappingRecord, unasked: usize, processors: usize) -> Self {
        let as_number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let pollers =
            |pollers: u32| as_number(pollers).saturating_mul(BATCHES_OF_POLLER).min(BATCHES_PROVISIONED_MAX);
        let (first, max, growth) = match (mapping.provisioned_pollers, mapping.maximum_concurrency) {
            (Some(config), _) => (pollers(config.minimum), pollers(config.maximum), GROWTH_PROVISIONED),
            (None, asked) => {
                let first = processors.clamp(BATCHES_MIN, BATCHES_AT_FIRST);
                (first, asked.map_or(unasked, as_number).min(BATCHES_MAX), GROWTH)
            }
        };
        let first = first.min(max);
        let sinks = !mapping.report_batch_item_failures;
        let mut concurrency = Self { now: first, max, first, growth, sinks, stays: GROWTH_EVERY };
        concurrency.idle();
        concurrency
    }

    /// As many run as may: how long until more may.
    pub(super) fn grows_after(&self) -> Option<Duration> {
        (self.now < self.max).then_some(self.stays)
    }

    /// More may run, `room` at the most: what is beyond would take the processors from those that run.
    pub(super) fn grow(&mut self, room: usize) {
        let wanted = if self.now < BATCHES_AT_FIRST { BATCHES_AT_FIRST } else { self.now + self.growth };
        self.now = wanted.min(self.now.saturating_add(room)).min(self.max);
        self.stays = GROWTH_EVERY;
    }

    /// A batch has ended; whether that concerns how many may run.
    pub(super) fn after(&mut self, course: Course) -> bool {
        match course {
            Course::Throttled => self.now = (self.now / 2).max(1),
            Course::Failed if self.sinks => {
                let least = BATCHES_MIN.min(self.max).min(self.now);
                self.now = self.now.saturating_sub(1).max(least);
            }
            _ => return false,
        }
        self.stays = GROWTH_EVERY;
        true
    }

    /// The queue is empty: the next backlog begins as the first one did.
    pub(super) fn idle(&mut self) {
        self.now = self.first;
        self.stays = if self.first < BATCHES_AT_FIRST { FIRST_GROWTH_AFTER } else { GROWTH_EVERY };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::mapping;

    #[test]
    fn concurrency_grows_with_the_backlog_and_shrinks_without_room() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 8);
        assert_eq!(concurrency.now, 5);
        assert_eq!(concurrency.grows_after(), Some(GROWTH_EVERY));
        concurrency.grow(usize::MAX);
        assert_eq!((concurrency.now, concurrency.grows_after()), (10, Some(GROWTH_EVERY)));
        for _ in 0..100 {
            concurrency.grow(usize::MAX);
        }
        assert_eq!((concurrency.now, concurrency.grows_after()), (64, None));
        concurrency.after(Course::Throttled);
        assert_eq!(concurrency.now, 32);
        for _ in 0..100 {
            concurrency.after(Course::Throttled);
        }
        assert_eq!(concurrency.now, 1, "never none");
        concurrency.idle();
        assert_eq!(concurrency.now, 5);
    }

    #[test]
    fn few_processors_get_fewer_batches_until_they_have_room() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 2);
        assert_eq!((concurrency.now, concurrency.grows_after()), (2, Some(FIRST_GROWTH_AFTER)));
        concurrency.grow(0);
        assert_eq!((concurrency.now, concurrency.grows_after()), (2, Some(GROWTH_EVERY)));
        concurrency.grow(1);
        assert_eq!((concurrency.now, concurrency.grows_after()), (3, Some(GROWTH_EVERY)));
        concurrency.grow(40);
        assert_eq!((concurrency.now, concurrency.grows_after()), (5, Some(GROWTH_EVERY)));
        concurrency.grow(40);
        assert_eq!(concurrency.now, 10);
        concurrency.idle();
        assert_eq!((concurrency.now, concurrency.grows_after()), (2, Some(FIRST_GROWTH_AFTER)));
        concurrency.after(Course::Throttled);
        assert_eq!((concurrency.now, concurrency.grows_after()), (1, Some(GROWTH_EVERY)));
        assert_eq!(Concurrency::new(&mapping(), 64, 1).now, 2);
    }

    #[test]
    fn errors_lower_it_gradually_unless_the_function_reports_them() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 8);
        for expected in [4, 3, 2, 2] {
            concurrency.after(Course::Failed);
            assert_eq!(concurrency.now, expected);
        }
        let reporting = MappingRecord { report_batch_item_failures: true, ..mapping() };
        let mut concurrency = Concurrency::new(&reporting, 64, 8);
        assert!(!concurrency.after(Course::Failed));
        assert_eq!(concurrency.now, 5);
    }

    #[test]
    fn provisioned_pollers_begin_with_more() {
        let pollers = crate::records::ProvisionedPollers { minimum: 2, maximum: 3 };
        let mapping = MappingRecord { provisioned_pollers: Some(pollers), ..mapping() };
        let concurrency = Concurrency::new(&mapping, 64, 8);
        assert_eq!((concurrency.now, concurrency.max), (20, 30));
    }

    #[test]
    fn provisioned_pollers_go_beyond_what_a_mapping_may_without_them() {
        let pollers = |maximum| {
            let pollers = crate::records::ProvisionedPollers { minimum: 200, maximum };
            MappingRecord { provisioned_pollers: Some(pollers), ..mapping() }
        };
        let mut concurrency = Concurrency::new(&pollers(202), 64, 8);
        assert_eq!((concurrency.now, concurrency.max), (2000, 2020));
        concurrency.grow(usize::MAX);
        assert_eq!((concurrency.now, concurrency.grows_after()), (2016, Some(GROWTH_EVERY)));
        concurrency.grow(usize::MAX);
        assert_eq!((concurrency.now, concurrency.grows_after()), (2020, None));
        assert_eq!(Concurrency::new(&pollers(10_000), 64, 8).max, 20_000);
    }

    #[test]
    fn maximum_concurrency_is_the_bound() {
        let mapping = MappingRecord { maximum_concurrency: Some(2), ..mapping() };
        let concurrency = Concurrency::new(&mapping, 64, 8);
        assert_eq!((concurrency.now, concurrency.grows_after()), (2, None));
        let most = |mapping: &MappingRecord, unasked| Concurrency::new(mapping, unasked, 8).max;
        let asked = MappingRecord { maximum_concurrency: Some(1000), ..mapping };
        assert_eq!(most(&asked, 64), 1000, "what is asked for is not bounded by what is not");
        assert_eq!(most(&crate::testing::mapping(), 2000), 1250);
    }
}
