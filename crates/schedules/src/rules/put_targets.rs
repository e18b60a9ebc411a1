//! Gives a rule targets, or changes those of the same ids.
//!
//! Differs from AWS: targets are functions, queues and topics; `InputTransformer` is refused.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html>

use aws::Arn;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Action, Context, ServiceError};

use super::check_bus;
use crate::Schedules;
use crate::errors::{self, constraint, invalid};
use crate::event::is_path;
use crate::firing::check_target;
use crate::limits::{
    EVENT_AGE_SECONDS, RETRY_ATTEMPTS_MAX, RULE_INPUT_BYTES_MAX, TARGETS_A_CALL_MAX, TARGETS_MAX,
};
use crate::records;
use crate::timing::check_name;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Target>,
}

/// A rule's target, as AWS writes it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    id: String,
    arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_path: Option<String>,
    #[serde(skip_serializing)]
    input_transformer: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqs_parameters: Option<SqsParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_policy: Option<RetryPolicy>,
}

/// Of a FIFO queue.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    pub(crate) message_group_id: Option<String>,
}

/// The queue for what could not be delivered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    pub(crate) arn: Option<String>,
}

/// How often delivery is tried, and for how long (`delivery.rs`).
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_event_age_in_seconds: Option<u32>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    failed_entry_count: usize,
    failed_entries: [(); 0],
}

/// The action.
pub(crate) struct PutTargets;

impl Action for PutTargets {
    const NAME: &'static str = "PutTargets";
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        if !(1..=TARGETS_A_CALL_MAX).contains(&input.targets.len()) {
            let rule = format!("have length between 1 and {TARGETS_A_CALL_MAX}");
            return Err(constraint("[]", "targets", &rule));
        }
        let targets: Vec<(String, records::Target)> =
            input.targets.into_iter().map(Target::checked).collect::<Result<_, _>>()?;
        let _turn = schedules.turn.lock().await;
        let mut rule = schedules.rule(context, &input.rule).await?;
        rule.targets.extend(targets);
        if rule.targets.len() > TARGETS_MAX {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(ServiceError::new(&errors::LIMIT_EXCEEDED, message));
        }
        schedules.store_rule(&rule).await?;
        Ok(Output { failed_entry_count: 0, failed_entries: [] })
    }
}

impl Target {
    pub(super) fn of(id: String, target: records::Target) -> Self {
        let retry = (target.retry_attempts, target.event_age_seconds);
        Self {
            id,
            arn: target.arn.to_string(),
            role_arn: target.role_arn,
            input: target.input,
            input_path: target.input_path,
            input_transformer: None,
            sqs_parameters: target.message_group.map(|group| SqsParameters { message_group_id: Some(group) }),
            dead_letter_config: target.dead_letter.map(|arn| DeadLetterConfig { arn: Some(arn.to_string()) }),
            retry_policy: (retry != (None, None)).then_some(RetryPolicy {
                maximum_retry_attempts: retry.0,
                maximum_event_age_in_seconds: retry.1,
            }),
        }
    }

    fn checked(self) -> Result<(String, records::Target), ServiceError> {
        check_name(&self.id)?;
        let arn = parse_arn(&self.arn)?;
        check_target(&arn).map_err(invalid)?;
        if self.input_transformer.is_some() {
            return Err(invalid("InputTransformer is not supported by Konekuta; give Input or InputPath."));
        }
        if self.input.is_some() && self.input_path.is_some() {
            return Err(invalid(
                "Only one of Input, InputPath, or InputTransformer must be provided for a target.",
            ));
        }
        if let Some(input) = &self.input {
            check_input(input, RULE_INPUT_BYTES_MAX)?;
            if serde_json::from_str::<Json>(input).is_err() {
                return Err(invalid(format!("JSON syntax error in input for target {}.", self.id)));
            }
        }
        if let Some(path) = self.input_path.as_ref().filter(|path| !is_path(path)) {
            return Err(invalid(format!("Invalid InputPath {path} for target {}.", self.id)));
        }
        let retry = self.retry_policy.map(RetryPolicy::checked).transpose()?.unwrap_or_default();
        let target = records::Target {
            arn,
            role_arn: self.role_arn,
            input: self.input,
            input_path: self.input_path,
            dead_letter: self.dead_letter_config.map(DeadLetterConfig::checked).transpose()?.flatten(),
            retry_attempts: retry.0,
            event_age_seconds: retry.1,
            message_group: self.sqs_parameters.and_then(|parameters| parameters.message_group_id),
        };
        Ok((self.id, target))
    }
}

fn parse_arn(text: &str) -> Result<Arn, ServiceError> {
    text.parse().map_err(|_| {
        invalid(format!("Parameter {text} is not valid. Reason: Provided Arn is not in correct format."))
    })
}

/// Refuses an input that is too long.
pub(crate) fn check_input(input: &str, bytes_max: usize) -> Result<(), ServiceError> {
    if input.len() <= bytes_max {
        return Ok(());
    }
    Err(constraint("…", "input", &format!("have length less than or equal to {bytes_max}")))
}

impl DeadLetterConfig {
    /// The queue, if one is given.
    pub(crate) fn checked(self) -> Result<Option<Arn>, ServiceError> {
        self.arn.map(|arn| parse_arn(&arn)).transpose()
    }
}

impl RetryPolicy {
    /// Attempts and age, within AWS's bounds.
    pub(crate) fn checked(self) -> Result<(Option<u32>, Option<u32>), ServiceError> {
        let (attempts, age) = (self.maximum_retry_attempts, self.maximum_event_age_in_seconds);
        if let Some(wrong) = attempts.filter(|attempts| *attempts > RETRY_ATTEMPTS_MAX) {
            let rule = format!("have value less than or equal to {RETRY_ATTEMPTS_MAX}");
            return Err(constraint(&wrong.to_string(), "maximumRetryAttempts", &rule));
        }
        if let Some(wrong) = age.filter(|age| !EVENT_AGE_SECONDS.contains(age)) {
            let rule =
                format!("have value between {} and {}", EVENT_AGE_SECONDS.start(), EVENT_AGE_SECONDS.end());
            return Err(constraint(&wrong.to_string(), "maximumEventAgeInSeconds", &rule));
        }
        Ok((attempts, age))
    }
}
