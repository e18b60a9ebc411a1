//! What is kept in the registry: a record a rule, one a schedule. JSON, as docs/formats/registry.md describes it.

use std::collections::BTreeMap;

use aws::Arn;
use bytes::Bytes;
use engine::{Error, Record, RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
pub(crate) use service::records::{decode, encode};

use crate::timing::Timing;

/// All these records begin so.
pub(crate) const ALL: &str = "schedules/";
/// Rules' records begin so.
pub(crate) const RULES: &str = "schedules/rule/";
/// Events that wait for another attempt begin so.
pub(crate) const RETRIES: &str = "schedules/retry/";
/// Schedules' records begin so.
pub(crate) const SCHEDULES: &str = "schedules/schedule/";

/// A rule of EventBridge that runs on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleRecord {
    pub(crate) arn: Arn,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) role_arn: Option<String>,
    pub(crate) timing: Timing,
    /// By their ids, in the order of those.
    pub(crate) targets: BTreeMap<String, Target>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A schedule of EventBridge Scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScheduleRecord {
    pub(crate) arn: Arn,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) timing: Timing,
    /// As it was given; a rate without one starts when it is created.
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    /// `FlexibleTimeWindow.MaximumWindowInMinutes`; the target is called when the window opens.
    pub(crate) window_minutes: Option<u32>,
    /// `ActionAfterCompletion` `DELETE`.
    pub(crate) deleted_when_done: bool,
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) target: Target,
    pub(crate) created: Timestamp,
    pub(crate) last_modified: Timestamp,
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) arn: Arn,
    pub(crate) role_arn: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) input_path: Option<String>,
    /// The queue for what could not be delivered.
    pub(crate) dead_letter: Option<Arn>,
    pub(crate) retry_attempts: Option<u32>,
    pub(crate) event_age_seconds: Option<u32>,
    /// `SqsParameters.MessageGroupId`.
    pub(crate) message_group: Option<String>,
}

/// Either.
#[derive(Clone, Debug)]
pub(crate) enum Timed {
    Rule(Box<RuleRecord>),
    Schedule(Box<ScheduleRecord>),
}

impl Timed {
    /// From the registry.
    pub(crate) fn of(record: &Record) -> Result<Self, Error> {
        if record.key.as_str().starts_with(RULES) {
            decode(record).map(|rule| Self::Rule(Box::new(rule)))
        } else {
            decode(record).map(|schedule| Self::Schedule(Box::new(schedule)))
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        match self {
            Self::Rule(rule) => encode(&**rule),
            Self::Schedule(schedule) => encode(&**schedule),
        }
    }

    pub(crate) fn arn(&self) -> &Arn {
        match self {
            Self::Rule(rule) => &rule.arn,
            Self::Schedule(schedule) => &schedule.arn,
        }
    }

    pub(crate) fn timing_mut(&mut self) -> &mut Timing {
        match self {
            Self::Rule(rule) => &mut rule.timing,
            Self::Schedule(schedule) => &mut schedule.timing,
        }
    }

    pub(crate) fn timing(&self) -> &Timing {
        match self {
            Self::Rule(rule) => &rule.timing,
            Self::Schedule(schedule) => &schedule.timing,
        }
    }

    pub(crate) fn targets(&self) -> Vec<&Target> {
        match self {
            Self::Rule(rule) => rule.targets.values().collect(),
            Self::Schedule(schedule) => vec![&schedule.target],
        }
    }

    /// Whether it goes once it will not be due any more.
    pub(crate) fn is_done_for_good(&self) -> bool {
        matches!(self, Self::Schedule(schedule) if schedule.deleted_when_done && schedule.timing.next.is_none())
    }
}

/// The key of a rule's record.
pub(crate) fn rule_key(arn: &Arn) -> RecordKey {
    RecordKey::new(format!("{RULES}{arn}"))
}

/// The key of a schedule's record.
pub(crate) fn schedule_key(arn: &Arn) -> RecordKey {
    RecordKey::new(format!("{SCHEDULES}{arn}"))
}

/// The key of an event for the target of that number.
pub(crate) fn retry_key(event: &str, target: usize) -> RecordKey {
    RecordKey::new(format!("{RETRIES}{event}/{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_the_page_of_formats_are_read() {
        let page = include_str!("../../../docs/formats/registry.md");
        let example = |name: &str| {
            let (_, rest) = page.split_once(&format!("`{name}`")).expect("it is described");
            let (_, rest) = rest.split_once("```json\n").expect("with an example");
            Bytes::from(rest.split_once("```").expect("that ends").0.to_owned())
        };
        let record = |key: &str, value| Record { key: RecordKey::new(key), revision: 1, value };
        let rule = Timed::of(&record("schedules/rule/x", example("schedules/rule/<arn>"))).unwrap();
        assert_eq!(rule.targets().len(), 1);
        let schedule =
            Timed::of(&record("schedules/schedule/x", example("schedules/schedule/<arn>"))).unwrap();
        assert_eq!(schedule.timing().zone, "Asia/Tokyo");
        let waiting: crate::delivery::Delivery =
            decode(&record("schedules/retry/x", example("schedules/retry/<event>/<target>"))).unwrap();
        assert_eq!(waiting.attempts, 1);
    }
}
