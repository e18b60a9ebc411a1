//! Hops that wait to be sent: a bounded queue that forgets its oldest.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::Hop;
use tokio::sync::Notify;

use crate::figures::Figures;
use crate::limits::WAITING_MAX;

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    hops: Mutex<VecDeque<Hop>>,
    come: Notify,
}

impl Waiting {
    fn hops(&self) -> MutexGuard<'_, VecDeque<Hop>> {
        self.hops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds hops; the oldest make room.
    pub(crate) fn push(&self, new: impl Iterator<Item = Hop>, figures: &Figures) {
        let mut hops = self.hops();
        hops.extend(new);
        let excess = hops.len().saturating_sub(WAITING_MAX);
        if excess > 0 {
            hops.drain(..excess);
            figures.lost.inc_by(excess as u64);
        }
        figures.waiting.set(i64::try_from(hops.len()).unwrap_or(i64::MAX));
        drop(hops);
        self.come.notify_one();
    }

    /// Takes the oldest, up to so many.
    pub(crate) fn take(&self, most: usize, figures: &Figures) -> Vec<Hop> {
        let mut hops = self.hops();
        let count = most.min(hops.len());
        let taken = hops.drain(..count).collect();
        figures.waiting.set(i64::try_from(hops.len()).unwrap_or(i64::MAX));
        taken
    }

    /// Completes when something was added since it was last asked.
    pub(crate) async fn come(&self) {
        self.come.notified().await;
    }
}
