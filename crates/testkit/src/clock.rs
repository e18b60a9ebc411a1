//! Time that passes only when a test says so.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use engine::{Clock, Timestamp};
use futures_util::future::BoxFuture;

/// Starts at 2026-01-01T00:00:00Z. Sleepers wake in the order they went to sleep, always the same.
#[derive(Clone, Debug)]
pub struct SimulatedClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    sleepers: Vec<(Timestamp, Waker)>,
}

impl Default for SimulatedClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { now: Timestamp(1_767_225_600_000), sleepers: Vec::new() })))
    }
}

impl SimulatedClock {
    /// Lets time pass; whoever sleeps until then wakes.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state();
        let now = state.now.plus(duration);
        state.now = now;
        let (woken, asleep) =
            std::mem::take(&mut state.sleepers).into_iter().partition(|(until, _)| *until <= now);
        state.sleepers = asleep;
        drop(state);
        let woken: Vec<(Timestamp, Waker)> = woken;
        for (_, waker) in woken {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sleep {
    clock: SimulatedClock,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !state.sleepers.iter().any(|(until, known)| *until == self.until && known.will_wake(waker)) {
            state.sleepers.push((self.until, waker.clone()));
        }
        Poll::Pending
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { clock: self.clone(), until: moment })
    }
}
