//! Time that passes only when a test says so.

use std::sync::Arc;
use std::time::Duration;

use engine::{Clock, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

/// Starts at 2026-01-01T00:00:00Z.
#[derive(Clone, Debug)]
pub struct SimulatedClock(Arc<watch::Sender<Timestamp>>);

impl Default for SimulatedClock {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Timestamp(1_767_225_600_000))))
    }
}

impl SimulatedClock {
    /// Lets time pass; whoever sleeps until then wakes.
    pub fn advance(&self, duration: Duration) {
        self.0.send_modify(|now| *now = now.plus(duration));
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // The clock outlives its sleepers in every test; were it gone, nobody waits for them any more.
            let _ = now.wait_for(|now| *now >= moment).await;
        })
    }
}
