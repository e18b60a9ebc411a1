//! When a rule or schedule is due: its expression, and how far it has come.

use engine::Timestamp;
use serde::{Deserialize, Serialize};
use service::ServiceError;

use crate::errors::{constraint, invalid};
use crate::expression::{Dialect, Expression, zone};
use crate::limits::EXPRESSION_CHARACTERS_MAX;

pub(crate) const UTC: &str = "UTC";

/// As it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timing {
    pub(crate) expression: String,
    /// The name of a time zone.
    pub(crate) zone: String,
    /// Rates count from here; nothing is due before.
    pub(crate) anchor: Timestamp,
    /// Nothing is due after it.
    pub(crate) end: Option<Timestamp>,
    /// When it is due next. `None`: never again, or it is disabled.
    pub(crate) next: Option<Timestamp>,
}

impl Timing {
    /// A rule's: in UTC, a rate is due for the first time when it has passed once. `ValidationException`.
    pub(crate) fn of_rule(expression: &str, now: Timestamp) -> Result<Self, ServiceError> {
        parse(expression, Dialect::Rule)
            .map_err(|_| invalid("Parameter ScheduleExpression is not valid."))?;
        Ok(Self {
            expression: expression.to_owned(),
            zone: UTC.to_owned(),
            anchor: now,
            end: None,
            next: None,
        })
    }

    /// A schedule's: a rate is due at its start. `ValidationException`.
    pub(crate) fn of_schedule(
        expression: &str,
        zone_name: &str,
        (start, end): (Option<Timestamp>, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        let parsed = parse(expression, Dialect::Schedule)
            .map_err(|error| invalid(format!("Invalid Schedule Expression {expression}. {error}")))?;
        if zone(zone_name).is_none() {
            return Err(invalid("The ScheduleExpressionTimezone you provided is not valid."));
        }
        // One-time schedules ignore both.
        let (start, end) = if parsed.is_once() { (None, None) } else { (start, end) };
        if end.is_some_and(|end| end <= start.unwrap_or(now)) {
            return Err(invalid("The EndDate you specify must come after the StartDate and after now."));
        }
        let anchor = start.unwrap_or(now);
        Ok(Self { expression: expression.to_owned(), zone: zone_name.to_owned(), anchor, end, next: None })
    }

    /// From now on it is due, as of `after`.
    pub(crate) fn run_from(&mut self, after: Timestamp) {
        // What is stored was checked; what an older program took and this one does not is never due.
        let expression = Expression::parse(&self.expression, Dialect::Schedule).ok();
        let next = expression
            .zip(zone(&self.zone))
            .and_then(|(expression, zone)| expression.next(after, self.anchor, &zone));
        self.next = next.filter(|next| self.end.is_none_or(|end| *next <= end));
    }

    /// It is not due until it is run again.
    pub(crate) fn pause(&mut self) {
        self.next = None;
    }

    /// Whether both are due at the same moments, however far they have come.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.expression == other.expression && self.zone == other.zone && self.end == other.end
    }
}

fn parse(expression: &str, dialect: Dialect) -> Result<Expression, String> {
    if expression.len() > EXPRESSION_CHARACTERS_MAX {
        return Err("It is too long.".to_owned());
    }
    Expression::parse(expression, dialect).map_err(|error| error.to_string())
}

/// Refuses what cannot be a name. `ValidationException`.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    let fits = (1..=crate::limits::NAME_CHARACTERS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(constraint(
        name,
        "name",
        "satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+ and be 1 to 64 long",
    ))
}
