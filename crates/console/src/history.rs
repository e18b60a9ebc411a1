//! Counts over time: an hour of them, taken every few seconds. Of each resource only changes are kept, so that ten
//! thousand idle queues cost next to nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use service::views::{FunctionGlance, QueueGlance};
use service::{Stop, Timestamp};

use crate::Console;
use crate::limits::{CHANGES_MAX, FRESH, SAMPLE_EVERY, SAMPLES_MAX};
use crate::trouble::Trouble;

/// Queues: visible, in flight, delayed, entered. Functions: busy, warm, ended, failed.
pub(crate) type Counts = [u64; 4];

/// Rates are those of so much time.
const RATE_SPAN_MS: u64 = 30_000;

/// A resource's counts, each from a moment on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(VecDeque<(Timestamp, Counts)>);

impl Series {
    fn add(&mut self, now: Timestamp, counts: Counts, oldest: Timestamp) {
        if self.0.back().is_none_or(|(_, last)| *last != counts) {
            self.0.push_back((now, counts));
        }
        // What held at the oldest moment is kept: the line begins there.
        while self.0.len() > CHANGES_MAX || self.0.get(1).is_some_and(|(moment, _)| *moment <= oldest) {
            self.0.pop_front();
        }
    }

    /// The changes, oldest first.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Timestamp, Counts)> + '_ {
        self.0.iter().copied()
    }

    /// What held at a moment; the first known before that.
    pub(crate) fn at(&self, moment: Timestamp) -> Counts {
        let before = self.0.iter().take_while(|(from, _)| *from <= moment).last();
        before.or_else(|| self.0.front()).map_or([0; 4], |(_, counts)| *counts)
    }

    /// The first moment that is known.
    pub(crate) fn begin(&self) -> Option<Timestamp> {
        self.0.front().map(|(moment, _)| *moment)
    }
}

/// Everything at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) queues: Arc<[QueueGlance]>,
    pub(crate) functions: Vec<FunctionGlance>,
}

/// A snapshot, when it was taken, and what `QueueView::stirred` answered before.
struct Taken {
    at: Timestamp,
    stirred: u64,
    snapshot: Arc<Snapshot>,
}

/// The newest snapshot and the counts over time.
#[derive(Default)]
pub(crate) struct History {
    series: Mutex<HashMap<Box<str>, Series>>,
    newest: tokio::sync::Mutex<Option<Taken>>,
}

impl History {
    fn series(&self) -> MutexGuard<'_, HashMap<Box<str>, Series>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A resource's counts over time, by its ARN.
    pub(crate) fn of(&self, arn: &str) -> Series {
        self.series().get(arn).cloned().unwrap_or_default()
    }

    /// `still`: the queues are as they were.
    fn keep(&self, now: Timestamp, snapshot: &Snapshot, still: bool) {
        let span = SAMPLE_EVERY * u32::try_from(SAMPLES_MAX).unwrap_or(u32::MAX);
        let oldest = Timestamp(now.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)));
        let mut series = self.series();
        let known = snapshot.queues.len() + snapshot.functions.len();
        if series.len() > known {
            let live: std::collections::HashSet<&str> = arns(snapshot).collect();
            series.retain(|arn, _| live.contains(&**arn));
        }
        let queues = if still { &[] } else { &*snapshot.queues };
        let queues = queues.iter().map(|queue| (queue.arn.as_str(), of_queue(queue)));
        let functions =
            snapshot.functions.iter().map(|function| (function.arn.as_str(), of_function(function)));
        for (arn, counts) in queues.chain(functions) {
            match series.get_mut(arn) {
                Some(series) => series.add(now, counts, oldest),
                // Most of many queues never change.
                None => {
                    series.insert(arn.into(), Series(VecDeque::from_iter([(now, counts)])));
                }
            }
        }
    }
}

fn arns(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let queues = snapshot.queues.iter().map(|queue| queue.arn.as_str());
    queues.chain(snapshot.functions.iter().map(|function| function.arn.as_str()))
}

fn of_queue(queue: &QueueGlance) -> Counts {
    [queue.counts.visible, queue.counts.not_visible, queue.counts.delayed, queue.entered]
}

fn of_function(function: &FunctionGlance) -> Counts {
    let count = |number: usize| number as u64;
    [count(function.busy), count(function.warm), function.invocations.ended, function.invocations.failed]
}

impl Console {
    /// Queues and functions as they are now, or were a moment ago.
    pub(crate) async fn snapshot(&self) -> Result<Arc<Snapshot>, Trouble> {
        self.snapshot_within(FRESH).await
    }

    /// The same, if what is looked for is in it; else as they are now.
    pub(crate) async fn snapshot_with(
        &self,
        is_in: impl Fn(&Snapshot) -> bool,
    ) -> Result<Arc<Snapshot>, Trouble> {
        let known = self.snapshot().await?;
        if is_in(&known) { Ok(known) } else { self.snapshot_within(Duration::ZERO).await }
    }

    async fn snapshot_within(&self, age: Duration) -> Result<Arc<Snapshot>, Trouble> {
        let mut newest = self.history.newest.lock().await;
        let now = self.parts.clock.now();
        if let Some(Taken { at, snapshot, .. }) = &*newest
            && now.since(*at) < age
            && now >= *at
        {
            return Ok(Arc::clone(snapshot));
        }
        let stirred = self.parts.queues.stirred();
        // Looking at ten thousand queues in which nothing happens is work, too.
        let still = newest.as_ref().filter(|taken| taken.stirred == stirred);
        let queues = match still {
            Some(taken) => Arc::clone(&taken.snapshot.queues),
            None => self.parts.queues.queues().await?.into(),
        };
        let functions = self.parts.functions.functions().await?;
        let (still, snapshot) = (still.is_some(), Arc::new(Snapshot { queues, functions }));
        self.history.keep(now, &snapshot, still);
        *newest = Some(Taken { at: now, stirred, snapshot: Arc::clone(&snapshot) });
        Ok(snapshot)
    }
}

/// How much a count has grown each second over the last half minute.
#[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
pub(crate) fn rate(series: &Series, count: usize, now: Timestamp) -> f64 {
    let Some(begin) = series.begin() else { return 0.0 };
    let from = Timestamp(now.0.saturating_sub(RATE_SPAN_MS)).max(begin);
    let milliseconds = now.since(from).as_millis().max(1000) as f64;
    let grown = series.at(now)[count].saturating_sub(series.at(from)[count]);
    grown as f64 * 1000.0 / milliseconds
}

/// Counts until told to end.
pub(crate) async fn run(console: Arc<Console>, mut stop: Stop) {
    loop {
        if let Err(error) = console.snapshot().await {
            tracing::debug!(%error, "counts could not be taken");
        }
        let next = console.parts.clock.now().plus(SAMPLE_EVERY);
        tokio::select! {
            () = console.parts.clock.sleep_until(next) => {}
            () = stop.requested() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_kept_and_what_held_at_the_oldest_moment() {
        let mut series = Series::default();
        for (moment, visible) in [(1000, 1), (2000, 1), (3000, 2), (4000, 2), (9000, 3)] {
            series.add(Timestamp(moment), [visible, 0, 0, 0], Timestamp(0));
        }
        assert_eq!(series.changes().map(|(moment, _)| moment.0).collect::<Vec<_>>(), [1000, 3000, 9000]);
        assert_eq!((series.at(Timestamp(3500))[0], series.at(Timestamp(0))[0]), (2, 1));
        series.add(Timestamp(10_000), [3, 0, 0, 0], Timestamp(5000));
        assert_eq!(series.begin(), Some(Timestamp(3000)));
    }
}
