//! The export's two tasks: one follows the history into what waits, one sends what waits. They meet in a bounded queue, so
//! that a receiver that is slow or away costs spans, and nothing else.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use engine::{Clock, Error, History, Hop, Timestamp};
use prost::Message as _;
use service::{Stop, Tasks};
use tokio::sync::Notify;

use crate::figures::Figures;
use crate::limits::{BATCH_MAX, FLUSH_MAX, FOLLOWED_MAX, GATHER, PAUSE_MAX, PAUSE_MIN};
use crate::sender::{NotTaken, Sender};
use crate::waiting::Waiting;
use crate::{Settings, span};

pub(crate) struct Exporter {
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
    sender: Sender,
    waiting: Waiting,
    /// Nothing more comes from the history.
    followed: Notify,
    figures: Figures,
}

impl Exporter {
    pub(crate) fn new(
        settings: Settings,
        history: Arc<dyn History>,
        clock: Arc<dyn Clock>,
        figures: Figures,
    ) -> Arc<Self> {
        Arc::new(Self {
            history,
            clock,
            sender: Sender::new(settings),
            waiting: Waiting::default(),
            followed: Notify::new(),
            figures,
        })
    }

    pub(crate) fn start(self: Arc<Self>, from: u64, tasks: &Tasks) {
        tasks.spawn("otlp-follow", Arc::clone(&self).follow(from, tasks.stop()));
        tasks.spawn("otlp-send", self.send(tasks.stop()));
    }

    /// From a position of the history on. At the end, once more what has come.
    async fn follow(self: Arc<Self>, mut after: u64, mut stop: Stop) {
        loop {
            // Before looking: what is recorded meanwhile wakes it.
            let grown = self.history.grown();
            if let Err(error) = self.look(&mut after).await {
                tracing::warn!(%error, "the OTLP export cannot read the history");
            }
            if stop.is_requested() {
                self.followed.notify_one();
                return;
            }
            tokio::select! {
                () = stop.requested() => {}
                () = async {
                    grown.await;
                    self.clock.sleep_until(self.clock.now().plus(GATHER)).await;
                } => {}
            }
        }
    }

    /// Takes what was recorded since.
    async fn look(&self, after: &mut u64) -> Result<(), Error> {
        loop {
            let (found, next) = self.history.follow(Some(*after), FOLLOWED_MAX).await?;
            *after = next;
            let more = found.len() >= FOLLOWED_MAX;
            let ended = found.into_iter().map(|kept| kept.hop).filter(|hop| span::of(hop).is_some());
            self.waiting.push(ended, &self.figures);
            if !more {
                return Ok(());
            }
        }
    }

    async fn send(self: Arc<Self>, mut stop: Stop) {
        loop {
            let batch = self.waiting.take(BATCH_MAX, &self.figures);
            if batch.is_empty() {
                tokio::select! {
                    () = stop.requested() => break,
                    () = self.waiting.come() => continue,
                }
            }
            let mut delivering = pin!(self.deliver(&batch));
            tokio::select! {
                () = &mut delivering => {}
                () = stop.requested() => {
                    // It is on its way: it must not be sent twice.
                    if !self.in_time(delivering, self.clock.now().plus(FLUSH_MAX)).await {
                        return self.give_up(batch.len());
                    }
                    break;
                }
            }
        }
        self.flush().await;
    }

    /// What is left, for a bounded time.
    async fn flush(&self) {
        let until = self.clock.now().plus(FLUSH_MAX);
        self.in_time(self.followed.notified(), until).await;
        loop {
            let batch = self.waiting.take(BATCH_MAX, &self.figures);
            if batch.is_empty() {
                return;
            }
            if !self.in_time(self.deliver(&batch), until).await {
                return self.give_up(batch.len());
            }
        }
    }

    /// Whether something comes to its end in time.
    async fn in_time(&self, work: impl Future<Output = ()>, until: Timestamp) -> bool {
        tokio::select! {
            biased;
            () = work => true,
            () = self.clock.sleep_until(until) => false,
        }
    }

    fn give_up(&self, under_way: usize) {
        let left = under_way + self.waiting.take(usize::MAX, &self.figures).len();
        self.figures.lost.inc_by(left as u64);
        tracing::warn!(left, "the OTLP receiver did not take the last spans in time");
    }

    /// Until it is taken, or will never be.
    async fn deliver(&self, batch: &[Hop]) {
        let body = bytes::Bytes::from(span::request(batch.iter()).encode_to_vec());
        let count = batch.len() as u64;
        let mut pause = PAUSE_MIN;
        loop {
            match self.sender.post(body.clone()).await {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.figures.exported.inc_by(count - rejected);
                    self.figures.lost.inc_by(rejected);
                    return;
                }
                Err(NotTaken::Ever(reason)) => {
                    tracing::warn!(reason, count, "the OTLP receiver refuses spans");
                    self.figures.lost.inc_by(count);
                    return;
                }
                Err(NotTaken::Yet { reason, pause: asked }) => {
                    let wait = asked.unwrap_or(Duration::ZERO).max(pause).min(PAUSE_MAX);
                    tracing::debug!(reason, ?wait, "the OTLP receiver does not take spans yet");
                    self.figures.retries.inc();
                    self.clock.sleep_until(self.clock.now().plus(wait)).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }
}
