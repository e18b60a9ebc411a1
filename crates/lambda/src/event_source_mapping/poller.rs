//! Polls a mapping's queue and runs batches beside each other: more as long as the queue is never empty and the machine
//! has something to spare, fewer when there is no room for the function.
//!
//! One loop receives; batches run in tasks of their own. A message is received only when its batch may begin at once, so
//! its visibility timeout belongs to the function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::sync::Arc;
use std::time::Duration;

use engine::Timestamp;
use futures_util::FutureExt;
use service::ports::{PortError, QueueFacts, QueueRecord};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::batch::{self, Batch, Course, longer};
use super::record::measure;
use super::sieve::Sieve;
use crate::Lambda;
use crate::limits::{
    BACKOFF, BATCHES_AT_FIRST, BATCHES_MAX, BATCHES_MIN, BATCHES_OF_POLLER, BATCHES_PROVISIONED_MAX,
    LONG_POLL, RECEIVE_MESSAGES_MAX, SYNCHRONOUS_PAYLOAD_BYTES_MAX,
};
use crate::records::MappingRecord;

/// More batches at once as long as all run that may and the processor has time left: AWS adds 300 a minute, five a second,
/// and up to 1,000 a minute in provisioned mode.
const GROWTH_EVERY: Duration = Duration::from_secs(1);
/// From as many batches as there are processors to as many as AWS begins with, if they leave the processors something.
const FIRST_GROWTH_AFTER: Duration = Duration::from_millis(100);
const GROWTH: usize = 5;
const GROWTH_PROVISIONED: usize = 1000 / 60;

/// How many batches may run at once.
#[derive(Debug)]
struct Concurrency {
    now: usize,
    max: usize,
    /// Where a backlog begins.
    first: usize,
    /// How many it gets next, and soon; nothing if that is no more.
    soon: Option<usize>,
    /// How many more at a time.
    growth: usize,
    /// Whether errors of the function lower it: not if the function says itself which messages failed.
    sinks: bool,
    grown_at: Timestamp,
}

impl Concurrency {
    /// `unasked` is the bound of a mapping that sets none. What begins with more batches than there are processors would
    /// start environments that wait for each other.
    fn new(mapping: &MappingRecord, unasked: usize, processors: usize, now: Timestamp) -> Self {
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
        let mut concurrency = Self { now: first, max, first, soon: None, growth, sinks, grown_at: now };
        concurrency.idle(now);
        concurrency
    }

    /// All run that may: when more may.
    fn grows_at(&self) -> Option<Timestamp> {
        let wait = if self.soon.is_some() { FIRST_GROWTH_AFTER } else { GROWTH_EVERY };
        (self.now < self.max).then(|| self.grown_at.plus(wait))
    }

    fn grow(&mut self, now: Timestamp) {
        self.now = self.soon.take().unwrap_or_else(|| (self.now + self.growth).min(self.max));
        self.grown_at = now;
    }

    /// More would take the processor from those that run: their number is right until it has some to spare.
    fn stay(&mut self, now: Timestamp) {
        self.grown_at = now;
    }

    fn after(&mut self, course: Course, now: Timestamp) {
        match course {
            Course::Throttled => self.now = (self.now / 2).max(1),
            Course::Failed if self.sinks => {
                let least = BATCHES_MIN.min(self.max).min(self.now);
                self.now = self.now.saturating_sub(1).max(least);
            }
            _ => return,
        }
        self.soon = None;
        self.grown_at = now;
    }

    /// The queue is empty: the next backlog begins as the first one did.
    fn idle(&mut self, now: Timestamp) {
        self.now = self.first;
        self.soon = Some(BATCHES_AT_FIRST.min(self.max)).filter(|soon| *soon > self.first);
        self.grown_at = now;
    }
}

/// Polls until told to end; returns when its last batch has ended.
pub(super) async fn poll(lambda: Arc<Lambda>, mapping: Arc<MappingRecord>, end: watch::Receiver<bool>) {
    let (unasked, processors) = (lambda.settings.mapping_batches_max, lambda.executor.processors());
    let mut poller = Poller {
        sieve: Sieve::new(Arc::clone(&lambda), Arc::clone(&mapping)),
        concurrency: Concurrency::new(&mapping, unasked, processors, lambda.clock.now()),
        running: JoinSet::new(),
        lambda,
        mapping,
        end,
    };
    poller.run().await;
    while let Some(ended) = poller.running.join_next().await {
        poller.note(ended);
    }
}

struct Poller {
    lambda: Arc<Lambda>,
    mapping: Arc<MappingRecord>,
    concurrency: Concurrency,
    sieve: Sieve,
    running: JoinSet<Course>,
    end: watch::Receiver<bool>,
}

impl Poller {
    async fn run(&mut self) {
        let mut wait = *BACKOFF.start();
        while self.room().await {
            match self.gather().await {
                Ok(Some(batch)) => {
                    wait = *BACKOFF.start();
                    self.begin(batch);
                }
                Ok(None) => self.concurrency.idle(self.lambda.clock.now()),
                Err(error) => {
                    tracing::warn!(queue = %self.mapping.queue, %error, "queue could not be polled, trying again");
                    let until = self.lambda.clock.now().plus(wait);
                    let mut end = self.end.clone();
                    tokio::select! {
                        () = self.lambda.clock.sleep_until(until) => {}
                        () = ended(&mut end) => return,
                    }
                    wait = longer(wait);
                }
            }
        }
    }

    /// Waits until another batch may run; `false` when polling is to end.
    async fn room(&mut self) -> bool {
        while let Some(ended) = self.running.try_join_next() {
            self.note(ended);
        }
        while self.running.len() >= self.concurrency.now {
            let mut end = self.end.clone();
            let grows_at = self.concurrency.grows_at();
            let clock = &self.lambda.clock;
            tokio::select! {
                Some(ended) = self.running.join_next() => self.note(ended),
                () = clock.sleep_until(grows_at.unwrap_or_default()), if grows_at.is_some() => {
                    if self.lambda.executor.is_busy() {
                        self.concurrency.stay(clock.now());
                    } else {
                        self.concurrency.grow(clock.now());
                    }
                }
                () = ended(&mut end) => return false,
            }
        }
        !*self.end.borrow()
    }

    fn note(&mut self, ended: Result<Course, tokio::task::JoinError>) {
        match ended {
            Ok(course) => self.concurrency.after(course, self.lambda.clock.now()),
            Err(error) => tracing::error!(queue = %self.mapping.queue, %error, "batch ended by a panic"),
        }
    }

    /// Begins a batch, or several where one call would be too large. Of a FIFO queue each message group is a batch of its
    /// own; groups run beside each other, as far as they may.
    fn begin(&mut self, batch: Batch) {
        let (lambda, mapping) = (Arc::clone(&self.lambda), Arc::clone(&self.mapping));
        if mapping.fifo {
            let lanes = self.concurrency.now.saturating_sub(self.running.len()).max(1);
            for lane in batch::lanes(batch, lanes) {
                self.running.spawn(batch::run_lane(Arc::clone(&lambda), Arc::clone(&mapping), lane));
            }
            return;
        }
        for part in batch.parts() {
            self.running.spawn(batch::run(Arc::clone(&lambda), Arc::clone(&mapping), part));
        }
    }

    /// The next batch: at once what is there, or within the batching window as much as fits. `None`: nothing came.
    async fn gather(&mut self) -> Result<Option<Batch>, PortError> {
        let facts = self.facts().await?;
        let mut messages = self.first().await?;
        if messages.is_empty() {
            return Ok(None);
        }
        let first = self.lambda.clock.now();
        let expires = first.plus_seconds(facts.visibility_timeout_seconds);
        let closes = first.plus_seconds(self.mapping.batching_window_seconds);
        let mut size = Size::default();
        if !closes.since(first).is_zero() {
            size.add(&messages);
        }
        while let Some((room, wait)) = self.open(&messages, &size, closes) {
            let more = match self.receive(room, wait).await {
                Ok(more) => self.sieve.sift(more).await,
                Err(error) => Err(error),
            };
            let more = match more {
                Ok(more) => more,
                Err(error) => {
                    tracing::debug!(queue = %self.mapping.queue, %error, "batch goes as it is");
                    break;
                }
            };
            size.add(&more);
            messages.extend(more);
        }
        Ok(Some(Batch { messages, expires }))
    }

    /// How many messages the batch still takes and how long it waits for them; `None` when it is closed.
    fn open(&self, messages: &[QueueRecord], size: &Size, closes: Timestamp) -> Option<(u32, Duration)> {
        let wait = closes.since(self.lambda.clock.now());
        let taken = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let room = self.mapping.batch_size.saturating_sub(taken);
        // The next receive may bring as many bytes as the largest message seen, each time.
        let by_bytes = SYNCHRONOUS_PAYLOAD_BYTES_MAX.saturating_sub(size.bytes) / size.largest.max(1);
        let room = room.min(u32::try_from(by_bytes).unwrap_or(u32::MAX));
        let open = room > 0 && !wait.is_zero() && !*self.end.borrow();
        open.then_some((room, wait.min(LONG_POLL)))
    }

    async fn facts(&self) -> Result<QueueFacts, PortError> {
        self.lambda.ports.queues()?.facts(self.mapping.queue.clone()).await
    }

    /// Up to `max` messages; none if polling is to end.
    async fn receive(&self, max: u32, wait: Duration) -> Result<Vec<QueueRecord>, PortError> {
        let queues = self.lambda.ports.queues()?;
        let receiving = queues.receive(self.mapping.queue.clone(), max.min(RECEIVE_MESSAGES_MAX), wait);
        let mut end = self.end.clone();
        tokio::select! {
            biased;
            received = receiving => received,
            () = ended(&mut end) => Ok(Vec::new()),
        }
    }

    /// The next messages that the function is to be called with, waiting for the first one.
    async fn first(&self) -> Result<Vec<QueueRecord>, PortError> {
        loop {
            let received = self.receive(self.mapping.batch_size, LONG_POLL).await?;
            if received.is_empty() {
                return Ok(received);
            }
            let wanted = self.sieve.sift(received).await?;
            if !wanted.is_empty() {
                return Ok(wanted);
            }
        }
    }
}

/// How much a batch is that is still open.
#[derive(Default)]
struct Size {
    bytes: usize,
    largest: usize,
}

impl Size {
    fn add(&mut self, messages: &[QueueRecord]) {
        for bytes in messages.iter().map(measure) {
            self.bytes += bytes;
            self.largest = self.largest.max(bytes);
        }
    }
}

/// Completes when polling is to end.
async fn ended(end: &mut watch::Receiver<bool>) {
    // An error means that nobody can tell any more, which is the same.
    end.wait_for(|end| *end).map(drop).await;
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
        concurrency.grow(Timestamp(1000));
        assert_eq!((concurrency.now, concurrency.grows_at()), (10, Some(Timestamp(2000))));
        for _ in 0..100 {
            concurrency.grow(Timestamp(2000));
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
    fn few_processors_get_fewer_batches_until_they_idle() {
        let mut concurrency = Concurrency::new(&mapping(), 64, 2, Timestamp(0));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(100))));
        concurrency.stay(Timestamp(100));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(200))));
        concurrency.grow(Timestamp(200));
        assert_eq!((concurrency.now, concurrency.grows_at()), (5, Some(Timestamp(1200))));
        concurrency.idle(Timestamp(300));
        assert_eq!((concurrency.now, concurrency.grows_at()), (2, Some(Timestamp(400))));
        concurrency.after(Course::Throttled, Timestamp(500));
        assert_eq!((concurrency.now, concurrency.grows_at()), (1, Some(Timestamp(1500))));
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
            concurrency.grow(at);
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
