//! `cron(minutes hours day-of-month month day-of-week year)`.
//!
//! Time zones: a time that the clocks skip is passed over, one that they show twice counts once
//! (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time>).

use engine::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

use super::ExpressionError;
use super::calendar::{instant, shown};
use super::field::{Bounds, Field};

const MINUTES: Bounds = Bounds { name: "minutes", least: 0, greatest: 59, names: &[], increments: true };
const HOURS: Bounds = Bounds { name: "hours", least: 0, greatest: 23, names: &[], increments: true };
const DAY_OF_MONTH: Bounds =
    Bounds { name: "day-of-month", least: 1, greatest: 31, names: &[], increments: true };
const MONTH: Bounds = Bounds {
    name: "month",
    least: 1,
    greatest: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    increments: true,
};
const DAY_OF_WEEK: Bounds = Bounds {
    name: "day-of-week",
    least: 1,
    greatest: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    increments: false,
};
const YEAR: Bounds = Bounds { name: "year", least: 1970, greatest: 2199, names: &[], increments: true };
/// A weekday comes at most so often in a month.
const WEEKDAYS_OF_MONTH_MAX: i16 = 5;

/// The days that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    /// Days of the month.
    OfMonth(Field),
    /// `L`: the last day of the month.
    Last,
    /// `15W`: the working day that is nearest to that day, within the month.
    NearestWorkingDay(i16),
    /// Days of the week.
    OfWeek(Field),
    /// `6L`: the last Friday of the month.
    LastOfWeek(i16),
    /// `3#2`: the second Tuesday of the month.
    NthOfWeek(i16, i16),
}

/// A cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Field,
    hours: Field,
    days: Days,
    months: Field,
    years: Field,
}

impl Cron {
    /// Reads the six fields.
    pub(super) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, of_month, months, of_week, years] = fields[..] else {
            return Err(ExpressionError::new(format!(
                "cron() takes six fields (minutes hours day-of-month month day-of-week year), not {}",
                fields.len()
            )));
        };
        let days = match (of_month, of_week) {
            ("?", "?") => {
                return Err(ExpressionError::new("only one of day-of-month and day-of-week may be ?"));
            }
            ("?", of_week) => days_of_week(of_week)?,
            (of_month, "?") => days_of_month(of_month)?,
            _ => return Err(ExpressionError::new("one of day-of-month and day-of-week must be ?")),
        };
        Ok(Self {
            minutes: MINUTES.parse(minutes)?,
            hours: HOURS.parse(hours)?,
            days,
            months: MONTH.parse(months)?,
            years: YEAR.parse(years)?,
        })
    }

    /// The first moment after `after` that fits.
    pub(super) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = shown(after, zone)?.with().second(0).subsec_nanosecond(0).build().ok()?;
        let mut candidate = self.fitting(from)?;
        loop {
            if let Some(moment) = instant(candidate, zone).filter(|moment| *moment > after) {
                return Some(moment);
            }
            candidate = self.fitting(candidate.checked_add(1.minute()).ok()?)?;
        }
    }

    /// The first that fits, not before `from`.
    fn fitting(&self, from: DateTime) -> Option<DateTime> {
        let mut date = from.date();
        while date.year() <= YEAR.greatest {
            if !self.years.contains(date.year()) {
                date = Date::new(date.year() + 1, 1, 1).ok()?;
            } else if !self.months.contains(i16::from(date.month())) {
                date = date.first_of_month().checked_add(1.month()).ok()?;
            } else {
                let on_that_day = self.days.contains(date).then(|| self.time(date, from)).flatten();
                if on_that_day.is_some() {
                    return on_that_day;
                }
                date = date.tomorrow().ok()?;
            }
        }
        None
    }

    /// The first time of a day that fits, not before `from`.
    fn time(&self, date: Date, from: DateTime) -> Option<DateTime> {
        let hours = (0..24i8).filter(|hour| self.hours.contains(i16::from(*hour)));
        let minutes = || (0..60i8).filter(|minute| self.minutes.contains(i16::from(*minute)));
        let mut times = hours.flat_map(|hour| minutes().map(move |minute| date.at(hour, minute, 0, 0)));
        times.find(|time| *time >= from)
    }
}

fn days_of_month(text: &str) -> Result<Days, ExpressionError> {
    if text == "L" {
        return Ok(Days::Last);
    }
    match text.strip_suffix('W') {
        Some(day) => DAY_OF_MONTH.value(day).map(Days::NearestWorkingDay),
        None => DAY_OF_MONTH.parse(text).map(Days::OfMonth),
    }
}

fn days_of_week(text: &str) -> Result<Days, ExpressionError> {
    if text == "L" {
        return DAY_OF_WEEK.parse("SAT").map(Days::OfWeek);
    }
    if let Some((day, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=WEEKDAYS_OF_MONTH_MAX).contains(nth));
        let nth = nth.ok_or_else(|| DAY_OF_WEEK.wrong(text))?;
        return Ok(Days::NthOfWeek(DAY_OF_WEEK.value(day)?, nth));
    }
    match text.strip_suffix('L') {
        Some(day) => DAY_OF_WEEK.value(day).map(Days::LastOfWeek),
        None => DAY_OF_WEEK.parse(text).map(Days::OfWeek),
    }
}

impl Days {
    fn contains(&self, date: Date) -> bool {
        let day = i16::from(date.day());
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        let days_in_month = i16::from(date.days_in_month());
        match self {
            Self::OfMonth(field) => field.contains(day),
            Self::Last => day == days_in_month,
            Self::NearestWorkingDay(wanted) => is_nearest_working_day(date, *wanted),
            Self::OfWeek(field) => field.contains(weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > days_in_month,
            Self::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// A month that lacks the day has none; the first and the last day do not leave their month.
fn is_nearest_working_day(date: Date, wanted: i16) -> bool {
    let days = i16::from(date.days_in_month());
    let Some(middle) = i8::try_from(wanted).ok().and_then(|day| date.with().day(day).build().ok()) else {
        return false;
    };
    let nearest = match middle.weekday() {
        Weekday::Saturday if wanted == 1 => wanted + 2,
        Weekday::Saturday => wanted - 1,
        Weekday::Sunday if wanted == days => wanted - 2,
        Weekday::Sunday => wanted + 1,
        _ => wanted,
    };
    i16::from(date.day()) == nearest
}
