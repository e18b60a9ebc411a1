//! Polls a mapping's queue and runs batches beside each other, as many as may (`concurrency`).
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
use super::concurrency::Concurrency;
use super::record::measure;
use super::sieve::Sieve;
use crate::Lambda;
use crate::execution::Look;
use crate::limits::{BACKOFF, LONG_POLL, RECEIVE_MESSAGES_MAX, SYNCHRONOUS_PAYLOAD_BYTES_MAX};
use crate::records::MappingRecord;

/// A queue that was empty for so long had no backlog.
const PAUSE: Duration = Duration::from_millis(10);

/// Polls until told to end; returns when its last batch has ended.
pub(super) async fn poll(lambda: Arc<Lambda>, mapping: Arc<MappingRecord>, end: watch::Receiver<bool>) {
    let (unasked, processors) = (lambda.settings.mapping_batches_max, lambda.executor.processors());
    let mut poller = Poller {
        sieve: Sieve::new(Arc::clone(&lambda), Arc::clone(&mapping)),
        concurrency: Concurrency::new(&mapping, unasked, processors),
        running: JoinSet::new(),
        full: None,
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
    /// Since when as many run as may, and what the processors do meanwhile.
    full: Option<(Timestamp, Look)>,
    end: watch::Receiver<bool>,
}

impl Poller {
    async fn run(&mut self) {
        let mut wait = *BACKOFF.start();
        while self.room().await {
            let asked = self.lambda.clock.now();
            match self.gather().await {
                Ok(Some(batch)) => {
                    wait = *BACKOFF.start();
                    if self.lambda.clock.now().since(asked) >= PAUSE {
                        self.full = None;
                    }
                    self.begin(batch);
                }
                Ok(None) => self.concurrency.idle(),
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
            let Lambda { clock, executor, .. } = &*self.lambda;
            let (since, look) = self.full.get_or_insert_with(|| (clock.now(), executor.look()));
            let grows_at = self.concurrency.grows_after().map(|wait| since.plus(wait));
            tokio::select! {
                Some(ended) = self.running.join_next() => self.note(ended),
                () = clock.sleep_until(grows_at.unwrap_or_default()), if grows_at.is_some() => {
                    self.concurrency.grow(look(self.running.len()));
                    self.full = None;
                }
                () = ended(&mut end) => return false,
            }
        }
        !*self.end.borrow()
    }

    fn note(&mut self, ended: Result<Course, tokio::task::JoinError>) {
        match ended {
            Ok(course) => {
                if self.concurrency.after(course) {
                    self.full = None;
                }
            }
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
