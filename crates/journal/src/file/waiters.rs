//! Those who wait until the log is safe up to a position.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::committer::Committer;
use super::writer::Shared;
use crate::JournalError;

/// How far the log is safe, and who waits for more.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    safe: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    failed: Option<String>,
    wakers: Vec<(u64, Waker)>,
}

impl Waiters {
    pub(super) fn new(safe: u64) -> Arc<Self> {
        Arc::new(Self { safe: safe.into(), waiting: Mutex::default() })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_safe(&self, position: u64) -> bool {
        self.safe.load(Ordering::Acquire) >= position
    }

    /// Tells those who wait for `position` or less.
    pub(super) fn reached(&self, position: u64) {
        self.safe.fetch_max(position, Ordering::AcqRel);
        let mut waiting = self.waiting();
        let (woken, rest) =
            std::mem::take(&mut waiting.wakers).into_iter().partition(|(wanted, _)| *wanted <= position);
        waiting.wakers = rest;
        drop(waiting);
        let woken: Vec<(u64, Waker)> = woken;
        for (_, waker) in woken {
            waker.wake();
        }
    }

    /// Tells everybody that nothing more becomes safe.
    pub(super) fn fail(&self, reason: &str) {
        let mut waiting = self.waiting();
        waiting.failed.get_or_insert_with(|| reason.to_owned());
        let woken = std::mem::take(&mut waiting.wakers);
        drop(waiting);
        for (_, waker) in woken {
            waker.wake();
        }
    }
}

/// Completes when the log is safe up to a position. Whoever begins to wait sees to it that what has collected is
/// written.
pub(super) struct Safe {
    pub(super) waiters: Arc<Waiters>,
    pub(super) position: u64,
    pub(super) commit: Option<Commit>,
}

/// How those who wait see to it that what has collected is written.
#[derive(Clone)]
pub(super) enum Commit {
    /// They wake the thread.
    Wake(Arc<Shared>),
    /// They do it themselves.
    Help(Arc<Mutex<Committer>>),
}

impl Future for Safe {
    type Output = Result<(), JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiters.is_safe(self.position) {
            return Poll::Ready(Ok(()));
        }
        match self.commit.take() {
            Some(Commit::Wake(shared)) => shared.wake_committer(),
            Some(Commit::Help(committer)) => {
                Committer::help(&committer);
                if self.waiters.is_safe(self.position) {
                    return Poll::Ready(Ok(()));
                }
            }
            None => {}
        }
        let mut waiting = self.waiters.waiting();
        // It may have been reached before the lock was taken.
        if self.waiters.is_safe(self.position) {
            return Poll::Ready(Ok(()));
        }
        if let Some(reason) = &waiting.failed {
            return Poll::Ready(Err(JournalError::Unknown(reason.clone())));
        }
        waiting.wakers.push((self.position, context.waker().clone()));
        Poll::Pending
    }
}
