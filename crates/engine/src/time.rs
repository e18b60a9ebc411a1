//! Moments, and the clock that tells them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// A later moment; the far end of time where it would overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// A later moment, in whole seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(u64::from(seconds) * 1000))
    }

    /// An earlier moment, in whole seconds; `None` before 1970.
    #[must_use]
    pub fn minus_seconds(self, seconds: u32) -> Option<Self> {
        self.0.checked_sub(u64::from(seconds) * 1000).map(Self)
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whole seconds since 1970, as SQS's timestamps are.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// The one source of time. Real in the program, set by hand in tests.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. Never goes back within one process.
    fn now(&self) -> Timestamp;
    /// Completes once `now()` has reached `moment`; at once if it has.
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()>;
}
