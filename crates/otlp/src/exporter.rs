//! The export's task: follows the history and sends what it finds, batch after batch. The history is the queue: a receiver
//! that is slow or away is caught up with later, and how far it has come is kept across restarts.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::{Clock, EngineError, Error, History, Hop, Timestamp};
use prost::Message as _;
use service::{Stop, Tasks};

use crate::figures::Figures;
use crate::limits::{BATCH_MAX, FLUSH_MAX, GATHER, PAUSE_MAX, PAUSE_MIN};
use crate::sender::{NotTaken, Sender};
use crate::{Settings, span};

/// Under which name the history keeps how far the receiver has come.
const FOLLOWER: &str = "otlp";

pub(crate) struct Exporter {
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
    sender: Sender,
    figures: Figures,
    /// Up to where all is taken or refused.
    after: u64,
}

impl Exporter {
    /// Goes on where the last run's export ended; the first one begins now.
    pub(crate) async fn new(
        settings: Settings,
        history: Arc<dyn History>,
        clock: Arc<dyn Clock>,
        figures: Figures,
    ) -> Result<Self, Error> {
        let after = match history.marked(FOLLOWER).await? {
            Some(marked) => marked,
            None => {
                let end = history.follow(None, 1).await?.next;
                history.mark(FOLLOWER, end).await?;
                end
            }
        };
        Ok(Self { history, clock, sender: Sender::new(settings), figures, after })
    }

    pub(crate) fn start(self, tasks: &Tasks) {
        tasks.spawn("otlp", self.run(tasks.stop()));
    }

    /// Until told to end, and then for a bounded time until all has gone out.
    async fn run(mut self, mut stop: Stop) {
        let clock = Arc::clone(&self.clock);
        let mut following = pin!(self.follow(stop.clone()));
        tokio::select! {
            () = &mut following => return,
            () = stop.requested() => {}
        }
        tokio::select! {
            biased;
            () = following => {}
            () = clock.sleep_until(clock.now().plus(FLUSH_MAX)) => {
                tracing::warn!("the OTLP receiver did not take the last spans in time: they go out after the next start");
            }
        }
    }

    async fn follow(&mut self, mut stop: Stop) {
        loop {
            // Before looking: what is recorded meanwhile wakes it, or is seen by the last look.
            let (grown, last) = (self.history.grown(), stop.is_requested());
            if let Err(error) = self.catch_up().await {
                tracing::warn!(%error, "the OTLP export cannot read the history");
            }
            if last {
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

    /// Sends what was recorded since.
    async fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            let followed = self.history.follow(Some(self.after), BATCH_MAX).await?;
            if followed.gap {
                self.figures.gaps.inc();
                tracing::warn!("hops have gone from the history before the OTLP receiver took them");
            }
            let more = followed.hops.len() >= BATCH_MAX;
            let ended = followed.hops.into_iter().map(|kept| kept.hop).filter(span::is_told);
            self.deliver(ended.collect()).await?;
            if followed.next != self.after {
                self.after = followed.next;
                self.history.mark(FOLLOWER, self.after).await?;
            }
            if !more {
                self.figures.lag.set(0);
                return Ok(());
            }
        }
    }

    /// Until it is taken, or will never be.
    async fn deliver(&self, batch: Vec<Hop>) -> Result<(), Error> {
        let Some(oldest) = batch.first().map(|hop| hop.at) else { return Ok(()) };
        let count = batch.len() as u64;
        let body = encoded(batch).await?;
        let mut pause = PAUSE_MIN;
        loop {
            self.figures.lag.set(self.age(oldest));
            match self.sender.post(body.clone()).await {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.figures.exported.inc_by(count - rejected);
                    self.figures.lost.inc_by(rejected);
                    return Ok(());
                }
                Err(NotTaken::Ever(reason)) => {
                    tracing::warn!(reason, count, "the OTLP receiver refuses spans");
                    self.figures.lost.inc_by(count);
                    return Ok(());
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

    fn age(&self, at: Timestamp) -> i64 {
        i64::try_from(self.clock.now().since(at).as_secs()).unwrap_or(i64::MAX)
    }
}

/// The body of a post, made beside the threads that answer requests.
async fn encoded(batch: Vec<Hop>) -> Result<Bytes, Error> {
    let encoded = tokio::task::spawn_blocking(move || span::request(&batch).encode_to_vec().into());
    encoded.await.map_err(|error| EngineError::Io(error.to_string()).into())
}
