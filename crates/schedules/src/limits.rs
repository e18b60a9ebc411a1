//! EventBridge's quotas, and our own bounds.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html>

use std::time::Duration;

/// Characters of a rule's or schedule's name.
pub(crate) const NAME_CHARACTERS_MAX: usize = 64;
/// Characters of a description.
pub(crate) const DESCRIPTION_CHARACTERS_MAX: usize = 512;
/// Characters of a schedule expression.
pub(crate) const EXPRESSION_CHARACTERS_MAX: usize = 256;
/// Rules of an account in a Region.
pub(crate) const RULES_MAX: usize = 300;
/// Targets of a rule.
pub(crate) const TARGETS_MAX: usize = 5;
/// Targets in one PutTargets or RemoveTargets.
pub(crate) const TARGETS_A_CALL_MAX: usize = 100;
/// Bytes of a rule target's `Input`.
pub(crate) const RULE_INPUT_BYTES_MAX: usize = 8192;
/// Bytes of a schedule target's `Input`.
pub(crate) const SCHEDULE_INPUT_BYTES_MAX: usize = 262_144;
/// Rules, targets or schedules of one page.
pub(crate) const LISTED_MAX: usize = 100;
/// `RetryPolicy.MaximumRetryAttempts`.
pub(crate) const RETRY_ATTEMPTS_MAX: u32 = 185;
/// `RetryPolicy.MaximumEventAgeInSeconds`.
pub(crate) const EVENT_AGE_SECONDS: std::ops::RangeInclusive<u32> = 60..=86_400;
/// `FlexibleTimeWindow.MaximumWindowInMinutes`.
pub(crate) const WINDOW_MINUTES: std::ops::RangeInclusive<u32> = 1..=1440;
/// Ours: schedules of the whole store. (AWS: a million an account.)
pub(crate) const SCHEDULES_MAX: usize = 10_000;
/// Ours: records read from the registry at once.
pub(crate) const REGISTRY_PAGE: usize = 500;
/// Ours: an event that could not be delivered is tried again after so long, twice as long each time, and no longer than
/// this. 185 attempts take about a day.
pub(crate) const AGAIN_FIRST: Duration = Duration::from_secs(1);
pub(crate) const AGAIN_MOST: Duration = Duration::from_mins(8);
/// Ours: events of the whole store that wait for another attempt.
pub(crate) const AGAIN_RECORDS_MAX: usize = 10_000;
/// Ours: what could not be stored is tried again after so long.
pub(crate) const RETRY: Duration = Duration::from_secs(5);
