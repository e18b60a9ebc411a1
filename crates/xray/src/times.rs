//! Moments as X-Ray writes them: seconds since 1970, with a fraction.

use std::time::Duration;

use engine::Timestamp;
use service::ServiceError;

use crate::errors::invalid;
use crate::limits::TIME_RANGE_MAX;

/// A moment in seconds.
pub(crate) fn seconds(moment: Timestamp) -> f64 {
    Duration::from_millis(moment.0).as_secs_f64()
}

/// What is asked for: from a moment to another, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeRange {
    pub(crate) start: f64,
    pub(crate) end: f64,
}

impl TimeRange {
    /// Refuses what has no length, or too much of it. `InvalidRequestException`.
    pub(crate) fn of(start: f64, end: f64) -> Result<Self, ServiceError> {
        if !(start.is_finite() && end.is_finite()) || start > end {
            return Err(invalid("StartTime must not be later than EndTime"));
        }
        if end - start > TIME_RANGE_MAX.as_secs_f64() {
            let hours = TIME_RANGE_MAX.as_secs() / 3600;
            return Err(invalid(format!("The time range cannot be longer than {hours} hours")));
        }
        Ok(Self { start, end })
    }

    pub(crate) fn has(self, moment: f64) -> bool {
        (self.start..=self.end).contains(&moment)
    }

    /// Whether a trace id's whole second lies in it.
    pub(crate) fn has_second(self, second: Timestamp) -> bool {
        (self.start.floor()..=self.end).contains(&seconds(second))
    }
}
