//! Schedule expressions: `rate(…)`, `cron(…)` and, for schedules only, `at(…)`. Pure.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

mod calendar;
mod cron;
mod field;

use std::time::Duration;

use engine::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use calendar::instant;
use cron::Cron;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ExpressionError(String);

impl ExpressionError {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Whose rules an expression is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// EventBridge rules: the unit of a rate agrees with its value, no `at(…)`.
    Rule,
    /// EventBridge Scheduler.
    Schedule,
}

/// When something is due.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    /// Every so often, counted from an anchor.
    Rate(Duration),
    /// Whenever the calendar fits.
    Cron(Box<Cron>),
    /// Once.
    At(DateTime),
}

impl Expression {
    /// Reads one.
    pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Self, ExpressionError> {
        let form = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
        match form {
            Some(("rate", inner)) => rate(inner, dialect).map(Self::Rate),
            Some(("cron", inner)) => Cron::parse(inner).map(|cron| Self::Cron(Box::new(cron))),
            Some(("at", inner)) if dialect == Dialect::Schedule => {
                let moment = Some(inner.trim()).filter(|text| text.len() == "2026-11-20T13:00:00".len());
                let moment = moment.and_then(|text| text.parse().ok()).ok_or_else(|| {
                    ExpressionError::new("at() takes a moment like at(2026-11-20T13:00:00), without a zone")
                })?;
                Ok(Self::At(moment))
            }
            _ => Err(ExpressionError::new("an expression is rate(5 minutes) or cron(0 12 * * ? *)")),
        }
    }

    /// The first moment after `after`, and not before `anchor`, at which it is due. A rate is due at its anchor and
    /// every so often from there.
    pub(crate) fn next(&self, after: Timestamp, anchor: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Rate(every) => {
                let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
                let passed = after.0.checked_sub(anchor.0).map_or(0, |since| since / every + 1);
                Some(Timestamp(anchor.0.saturating_add(passed.saturating_mul(every))))
            }
            Self::Cron(cron) => cron.next(after.max(Timestamp(anchor.0.saturating_sub(1))), zone),
            Self::At(moment) => instant(*moment, zone).filter(|moment| *moment > after),
        }
    }

    /// Whether it is due once only.
    pub(crate) fn is_once(&self) -> bool {
        matches!(self, Self::At(_))
    }
}

fn rate(inner: &str, dialect: Dialect) -> Result<Duration, ExpressionError> {
    let wrong = || ExpressionError::new("a rate is a positive number and a unit: minutes, hours or days");
    let (value, unit) = inner.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    let value = value.parse::<u32>().ok().filter(|value| *value > 0).ok_or_else(wrong)?;
    let unit = unit.trim();
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let unit_seconds = match singular {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return Err(wrong()),
    };
    if dialect == Dialect::Rule && (value == 1) != (singular == unit) {
        return Err(ExpressionError::new(
            "1 minute, but 5 minutes: the unit of a rule's rate agrees with its value",
        ));
    }
    Ok(Duration::from_secs(u64::from(value) * unit_seconds))
}

/// The time zone of that name. `None`: there is none.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(name).ok() }
}

#[cfg(test)]
mod tests;
