//! How many batches of a mapping may run at once: more as long as the queue is never empty and the machine has room for
//! them, fewer when there is no room for the function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::time::Duration;

use engine::Timestamp;

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
    /// Since when it is as it is, and how long it stays so at least.
    since: Timestamp,
    stays: Duration,
}

impl Concurrency {
    /// `unasked` is the bound of a mapping that sets none. What begins with more batches than there are processors would
    /// start environments that wait for each other.
    pub(super) fn new(mapping: &MappingRecord, unasked: usize, processors: usize, now: Timestamp) -> Self {
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
        let mut concurrency = Self { now: first, max, first, growth, sinks, since: now, stays: GROWTH_EVERY };
        concurrency.idle(now);
        concurrency
    }

    /// All run that may: when more may.
    pub(super) fn grows_at(&self) -> Option<Timestamp> {
        (self.now < self.max).then(|| self.since.plus(self.stays))
    }

    /// More may run, `room` at the most: what is beyond would take the processors from those that run. If that is not
    /// known it waits as long as before.
    pub(super) fn grow(&mut self, room: Option<usize>, now: Timestamp) {
        self.since = now;
        let Some(room) = room else { return };
        let wanted = if self.now < BATCHES_AT_FIRST { BATCHES_AT_FIRST } else { self.now + self.growth };
        self.now = wanted.min(self.now.saturating_add(room)).min(self.max);
        self.stay(now);
    }

    fn stay(&mut self, now: Timestamp) {
        (self.since, self.stays) = (now, GROWTH_EVERY);
    }

    pub(super) fn after(&mut self, course: Course, now: Timestamp) {
        match course {
            Course::Throttled => self.now = (self.now / 2).max(1),
            Course::Failed if self.sinks => {
                let least = BATCHES_MIN.min(self.max).min(self.now);
                self.now = self.now.saturating_sub(1).max(least);
            }
            _ => return,
        }
        self.stay(now);
    }

    /// The queue is empty: the next backlog begins as the first one did.
    pub(super) fn idle(&mut self, now: Timestamp) {
        self.now = self.first;
        self.since = now;
        self.stays = if self.first < BATCHES_AT_FIRST { FIRST_GROWTH_AFTER } else { GROWTH_EVERY };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::mapping;

    #[test]
    fn concurrency_grows_with_the_backlog_and_shrinks_without_room() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 8, Timestamp(0));
        assert_eq!(concurrency.now, 5);
        assert_eq!(concurrency.grows_at(), Some(Timestamp(1000)));
        concurrency.grow(Some(usize::MAX), Timestamp(1000));
        assert_eq!((concurrency.now, concurrency.grows_at()), (10, Some(Timestamp(2000))));
        for _ in 0..100 {
            concurrency.grow(Some(usize::MAX), Timestamp(2000));
        }
        assert_eq!((concurrency.now, concurrency.grows_at()), (64, None));
        concurrency.after(Course::Throttled, Timestamp(3000));
        assert_eq!(concurrency.now, 32);
        for _ in 0..100 {
            concurrency.after(Course::Throttled, Timestamp(3000));
        }
        assert_eq!(concurrency.now, 1, "never none");
        concurrency.idle(Timestamp(4000));
        assert_eq!(concurrency.now, 5);
    }

    #[test]
    fn few_processors_get_fewer_batches_until_they_have_room() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 2, Timestamp(0));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(100))));
        concurrency.grow(None, Timestamp(100));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(200))));
        concurrency.grow(Some(0), Timestamp(200));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(1200))));
        concurrency.grow(Some(1), Timestamp(1200));
        assert_eq!((concurrency.now, concurrency.grows_at()), (3, Some(Timestamp(2200))));
        concurrency.grow(Some(40), Timestamp(2200));
        assert_eq!((concurrency.now, concurrency.grows_at()), (5, Some(Timestamp(3200))));
        concurrency.grow(Some(40), Timestamp(3200));
        assert_eq!(concurrency.now, 10);
        concurrency.idle(Timestamp(3300));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(3400))));
        concurrency.after(Course::Throttled, Timestamp(3400));
        assert_eq!((concurrency.now, concurrency.grows_at()), (1, Some(Timestamp(4400))));
        assert_eq!(Concurrency::new(&mapping(), 64, 1, Timestamp(0)).now, 2);
    }

    #[test]
    fn errors_lower_it_gradually_unless_the_function_reports_them() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 8, Timestamp(0));
        for expected in [4, 3, 2, 2] {
            concurrency.after(Course::Failed, Timestamp(0));
            assert_eq!(concurrency.now, expected);
        }
        let reporting = MappingRecord { report_batch_item_failures: true, ..mapping() };
        let mut concurrency = Concurrency::new(&reporting, 64, 8, Timestamp(0));
        concurrency.after(Course::Failed, Timestamp(0));
        assert_eq!(concurrency.now, 5);
    }

    #[test]
    fn provisioned_pollers_begin_with_more() {
        let pollers = crate::records::ProvisionedPollers { minimum: 2, maximum: 3 };
        let mapping = MappingRecord { provisioned_pollers: Some(pollers), ..mapping() };
        let concurrency = Concurrency::new(&mapping, 64, 8, Timestamp(0));
        assert_eq!((concurrency.now, concurrency.max), (20, 30));
    }

    #[test]
    fn provisioned_pollers_go_beyond_what_a_mapping_may_without_them() {
        let pollers = |maximum| {
            let pollers = crate::records::ProvisionedPollers { minimum: 200, maximum };
            MappingRecord { provisioned_pollers: Some(pollers), ..mapping() }
        };
        let mut concurrency = Concurrency::new(&pollers(202), 64, 8, Timestamp(0));
        assert_eq!((concurrency.now, concurrency.max), (2000, 2020));
        let in_a_minute = std::iter::from_fn(|| {
            let at = concurrency.grows_at()?;
            concurrency.grow(Some(usize::MAX), at);
            Some((at, concurrency.now))
        });
        assert_eq!(in_a_minute.collect::<Vec<_>>(), [(Timestamp(1000), 2016), (Timestamp(2000), 2020)]);
        assert_eq!(Concurrency::new(&pollers(10_000), 64, 8, Timestamp(0)).max, 20_000);
    }

    #[test]
    fn maximum_concurrency_is_the_bound() {
        let mapping = MappingRecord { maximum_concurrency: Some(2), ..mapping() };
        let concurrency = Concurrency::new(&mapping, 64, 8, Timestamp(0));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, None));
        let most = |mapping: &MappingRecord, unasked| Concurrency::new(mapping, unasked, 8, Timestamp(0)).max;
        let asked = MappingRecord { maximum_concurrency: Some(1000), ..mapping };
        assert_eq!(most(&asked, 64), 1000, "what is asked for is not bounded by what is not");
        assert_eq!(most(&crate::testing::mapping(), 2000), 1250);
    }
}
