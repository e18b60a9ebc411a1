//! A vigil: the thread that serves requests stays awake for the moment that a quick function takes, because to be woken
//! takes longer than such a function does (docs/decisions/0023).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use service::Stop;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A function that answers within this is quick: its answer is waited for awake, and so is the call after it.
pub(super) const QUICK: Duration = Duration::from_micros(200);

/// Kept by a task that hands the thread on between every two looks at the clock.
pub(super) struct Vigil {
    /// On a single processor it would be in the function's way.
    possible: bool,
    since: Instant,
    /// Microseconds since then.
    until: AtomicU64,
    wanted: Notify,
}

impl Default for Vigil {
    fn default() -> Self {
        Self {
            possible: std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1),
            since: Instant::now(),
            until: AtomicU64::default(),
            wanted: Notify::new(),
        }
    }
}

impl Vigil {
    /// Keeps it for so long from now on.
    pub(super) fn keep(&self, moment: Duration) {
        if self.possible {
            let until = self.since.elapsed() + moment;
            self.until.store(u64::try_from(until.as_micros()).unwrap_or(0), Ordering::Relaxed);
            self.wanted.notify_one();
        }
    }

    /// Keeps every vigil that is wanted, until the program stops.
    pub(super) async fn watch(&self, mut stop: Stop) {
        loop {
            tokio::select! {
                () = self.wanted.notified() => {}
                () = stop.requested() => return,
            }
            while self.since.elapsed() < Duration::from_micros(self.until.load(Ordering::Relaxed)) {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use service::Tasks;

    use super::*;

    #[tokio::test]
    async fn the_thread_sleeps_only_when_it_is_not_kept() {
        let (vigil, tasks) = (Arc::new(Vigil { possible: true, ..Vigil::default() }), Tasks::default());
        let (kept, stop) = (Arc::clone(&vigil), tasks.stop());
        tasks.spawn("vigil", async move { kept.watch(stop).await });
        let sleeps = || tokio::runtime::Handle::current().metrics().worker_park_count(0);
        let moment = Duration::from_millis(5);

        vigil.keep(Duration::from_mins(1));
        tokio::task::yield_now().await;
        let before = sleeps();
        tokio::time::sleep(moment).await;
        assert_eq!(sleeps(), before, "another task was done meanwhile");

        vigil.keep(Duration::ZERO);
        tokio::time::sleep(moment).await;
        assert!(sleeps() > before);
        tasks.shut_down().await;
    }
}
