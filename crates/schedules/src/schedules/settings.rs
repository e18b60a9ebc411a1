//! What a schedule is told: the members that CreateSchedule and UpdateSchedule share.
//!
//! Differs from AWS: targets are functions, queues and topics, and are called when a flexible window opens; roles are
//! kept and not asked.

use engine::Timestamp;
use serde::{Deserialize, Serialize};
use service::{Context, ServiceError};

use super::{DEFAULT_GROUP, arn, check_group, seconds};
use crate::errors::{constraint, invalid};
use crate::firing::check_target;
use crate::limits::{DESCRIPTION_CHARACTERS_MAX, SCHEDULE_INPUT_BYTES_MAX, WINDOW_MINUTES};
use crate::records::{self, ScheduleRecord};
use crate::rules::{DeadLetterConfig, RetryPolicy, SqsParameters, check_input};
use crate::timing::{Timing, UTC, check_name};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings {
    pub(super) name: String,
    group_name: Option<String>,
    schedule_expression: String,
    schedule_expression_timezone: Option<String>,
    start_date: Option<f64>,
    end_date: Option<f64>,
    description: Option<String>,
    state: Option<String>,
    kms_key_arn: Option<String>,
    target: Target,
    flexible_time_window: Window,
    action_after_completion: Option<String>,
}

/// Who is called.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    arn: String,
    role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_policy: Option<RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqs_parameters: Option<SqsParameters>,
}

/// `FlexibleTimeWindow`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Window {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_window_in_minutes: Option<u32>,
}

impl Settings {
    /// A new schedule. `ValidationException`, `ResourceNotFoundException`.
    pub(super) fn into_record(self, context: &Context) -> Result<ScheduleRecord, ServiceError> {
        check_name(&self.name)?;
        check_group(self.group_name.as_deref())?;
        let description = self.description.as_deref().unwrap_or_default();
        if description.chars().count() > DESCRIPTION_CHARACTERS_MAX {
            let rule = format!("have length less than or equal to {DESCRIPTION_CHARACTERS_MAX}");
            return Err(constraint(description, "description", &rule));
        }
        let enabled = one_of(self.state.as_deref(), "state", "ENABLED", "DISABLED")?;
        let kept =
            one_of(self.action_after_completion.as_deref(), "actionAfterCompletion", "NONE", "DELETE")?;
        let (start, end) = (self.start_date.map(moment), self.end_date.map(moment));
        let zone = self.schedule_expression_timezone.as_deref().unwrap_or(UTC);
        let mut timing = Timing::of_schedule(&self.schedule_expression, zone, (start, end), context.now)?;
        if enabled {
            timing.run_from(Timestamp(context.now.0.saturating_sub(1)));
        }
        Ok(ScheduleRecord {
            arn: arn(context, &self.name),
            name: self.name,
            description: self.description,
            enabled,
            timing,
            start,
            end,
            window_minutes: self.flexible_time_window.checked()?,
            deleted_when_done: !kept,
            kms_key_arn: self.kms_key_arn,
            target: self.target.checked()?,
            created: context.now,
            last_modified: context.now,
        })
    }
}

fn moment(seconds: f64) -> Timestamp {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range is clamped"
    )]
    Timestamp((seconds * 1000.0).max(0.0) as u64)
}

/// Whether it is the first of two, which also counts where none is given.
fn one_of(given: Option<&str>, member: &str, first: &str, second: &str) -> Result<bool, ServiceError> {
    match given {
        None => Ok(true),
        Some(given) if given == first => Ok(true),
        Some(given) if given == second => Ok(false),
        Some(given) => {
            Err(constraint(given, member, &format!("satisfy enum value set: [{first}, {second}]")))
        }
    }
}

impl Window {
    fn checked(self) -> Result<Option<u32>, ServiceError> {
        let flexible = !one_of(Some(&self.mode), "flexibleTimeWindow.mode", "OFF", "FLEXIBLE")?;
        match self.maximum_window_in_minutes {
            Some(minutes) if flexible && WINDOW_MINUTES.contains(&minutes) => Ok(Some(minutes)),
            None if !flexible => Ok(None),
            None => Err(invalid("MaximumWindowInMinutes is required when Mode is FLEXIBLE.")),
            Some(_) if !flexible => {
                Err(invalid("MaximumWindowInMinutes must not be given when Mode is OFF."))
            }
            Some(minutes) => {
                let rule =
                    format!("have value between {} and {}", WINDOW_MINUTES.start(), WINDOW_MINUTES.end());
                Err(constraint(&minutes.to_string(), "flexibleTimeWindow.maximumWindowInMinutes", &rule))
            }
        }
    }
}

impl Target {
    fn checked(self) -> Result<records::Target, ServiceError> {
        let arn =
            self.arn.parse().map_err(|_| invalid(format!("Provided Arn {} is not valid.", self.arn)))?;
        check_target(&arn).map_err(invalid)?;
        if let Some(input) = &self.input {
            check_input(input, SCHEDULE_INPUT_BYTES_MAX)?;
        }
        let retry = self.retry_policy.map(RetryPolicy::checked).transpose()?.unwrap_or_default();
        Ok(records::Target {
            arn,
            role_arn: Some(self.role_arn),
            input: self.input,
            input_path: None,
            dead_letter: self.dead_letter_config.map(DeadLetterConfig::checked).transpose()?.flatten(),
            retry_attempts: retry.0,
            event_age_seconds: retry.1,
            message_group: self.sqs_parameters.and_then(|parameters| parameters.message_group_id),
        })
    }

    fn of(target: records::Target) -> Self {
        Self {
            arn: target.arn.to_string(),
            role_arn: target.role_arn.unwrap_or_default(),
            input: target.input,
            dead_letter_config: target.dead_letter.map(|arn| DeadLetterConfig { arn: Some(arn.to_string()) }),
            // AWS shows its defaults.
            retry_policy: Some(RetryPolicy {
                maximum_retry_attempts: Some(
                    target.retry_attempts.unwrap_or(crate::limits::RETRY_ATTEMPTS_MAX),
                ),
                maximum_event_age_in_seconds: Some(
                    target.event_age_seconds.unwrap_or(*crate::limits::EVENT_AGE_SECONDS.end()),
                ),
            }),
            sqs_parameters: target.message_group.map(|group| SqsParameters { message_group_id: Some(group) }),
        }
    }
}

/// A schedule as AWS shows it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Schedule {
    arn: String,
    group_name: &'static str,
    name: String,
    schedule_expression: String,
    schedule_expression_timezone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    state: &'static str,
    creation_date: f64,
    last_modification_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<String>,
    target: Target,
    flexible_time_window: Window,
    action_after_completion: &'static str,
}

pub(super) fn state(record: &ScheduleRecord) -> &'static str {
    if record.enabled { "ENABLED" } else { "DISABLED" }
}

impl Schedule {
    pub(super) fn of(record: ScheduleRecord) -> Self {
        Self {
            arn: record.arn.to_string(),
            group_name: DEFAULT_GROUP,
            state: state(&record),
            name: record.name,
            schedule_expression: record.timing.expression,
            schedule_expression_timezone: record.timing.zone,
            start_date: record.start.map(seconds),
            end_date: record.end.map(seconds),
            description: record.description,
            creation_date: seconds(record.created),
            last_modification_date: seconds(record.last_modified),
            kms_key_arn: record.kms_key_arn,
            target: Target::of(record.target),
            flexible_time_window: Window {
                mode: if record.window_minutes.is_some() { "FLEXIBLE" } else { "OFF" }.to_owned(),
                maximum_window_in_minutes: record.window_minutes,
            },
            action_after_completion: if record.deleted_when_done { "DELETE" } else { "NONE" },
        }
    }
}
