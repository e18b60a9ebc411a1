//! What becomes of an event whose invocation did not succeed: when it is tried again, and when it is given up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{ASYNCHRONOUS_BACKOFF_SECONDS_MAX, ASYNCHRONOUS_RETRY_SECONDS};
use crate::records::EventInvoke;

/// How often an event went wrong so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempts {
    /// The function failed.
    pub(super) failures: u32,
    /// There was no room for it, or the system failed.
    pub(super) throttles: u32,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again so many seconds from now.
    RetryIn(u32),
    /// The function failed as often as it may.
    RetriesExhausted,
    /// It would be too old.
    EventAgeExceeded,
    /// The function would call itself for ever.
    RecursiveLoop,
}

impl Next {
    /// `condition` in a destination's record.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::EventAgeExceeded => "EventAgeExceeded",
            _ => "RetriesExhausted",
        }
    }
}

/// After a failure of the function.
pub(super) fn after_failure(config: Option<&EventInvoke>, attempts: Attempts, age: Duration) -> Next {
    if attempts.failures > EventInvoke::retries(config) {
        return Next::RetriesExhausted;
    }
    let index = usize::try_from(attempts.failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let [.., last] = ASYNCHRONOUS_RETRY_SECONDS;
    in_time(config, ASYNCHRONOUS_RETRY_SECONDS.get(index).copied().unwrap_or(last), age)
}

/// After an invocation that did not come about: 1 s, 2 s, … up to 5 minutes.
pub(super) fn after_throttle(config: Option<&EventInvoke>, attempts: Attempts, age: Duration) -> Next {
    let doubled = 1_u32.checked_shl(attempts.throttles.saturating_sub(1)).unwrap_or(u32::MAX);
    in_time(config, doubled.min(ASYNCHRONOUS_BACKOFF_SECONDS_MAX), age)
}

fn in_time(config: Option<&EventInvoke>, seconds: u32, age: Duration) -> Next {
    let age_max = Duration::from_secs(EventInvoke::event_age_seconds_max(config).into());
    if age + Duration::from_secs(seconds.into()) > age_max {
        return Next::EventAgeExceeded;
    }
    Next::RetryIn(seconds)
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;

    use super::*;

    fn failed(failures: u32) -> Attempts {
        Attempts { failures, throttles: 0 }
    }

    #[test]
    fn two_retries_after_one_and_two_minutes() {
        let next = |failures| after_failure(None, failed(failures), Duration::ZERO);
        assert_eq!(
            [next(1), next(2), next(3)],
            [Next::RetryIn(60), Next::RetryIn(120), Next::RetriesExhausted]
        );
    }

    #[test]
    fn retries_and_age_can_be_configured() {
        let config = Some(&EventInvoke {
            maximum_retry_attempts: Some(0),
            maximum_event_age_seconds: Some(60),
            on_success: None,
            on_failure: None,
            last_modified: Timestamp(0),
        });
        assert_eq!(after_failure(config, failed(1), Duration::ZERO), Next::RetriesExhausted);
        let throttled = Attempts { failures: 0, throttles: 1 };
        assert_eq!(after_throttle(config, throttled, Duration::from_secs(59)), Next::RetryIn(1));
        assert_eq!(after_throttle(config, throttled, Duration::from_mins(1)), Next::EventAgeExceeded);
    }

    #[test]
    fn throttling_backs_off_to_five_minutes() {
        let next = |throttles| after_throttle(None, Attempts { failures: 0, throttles }, Duration::ZERO);
        assert_eq!([next(1), next(2), next(9)], [Next::RetryIn(1), Next::RetryIn(2), Next::RetryIn(256)]);
        assert_eq!([next(10), next(40), next(u32::MAX)], [Next::RetryIn(300); 3]);
    }
}
