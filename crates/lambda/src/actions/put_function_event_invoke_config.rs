//! PutFunctionEventInvokeConfig: how often and how long asynchronous events are retried, and where their records go.
//!
//! Differs from AWS: destinations are queues, topics, functions and buckets; event buses are refused.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>

use aws::Arn;
use engine::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::errors::{invalid, not_supported};
use crate::event_source_mapping::seconds;
use crate::function_name::LATEST;
use crate::limits::{ASYNCHRONOUS_RETRIES_DEFAULT, EVENT_AGE_SECONDS_MAX, EVENT_AGE_SECONDS_MIN};
use crate::records::EventInvoke;
use crate::settings::within;

/// Its input, and that of UpdateFunctionEventInvokeConfig.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(super) function_name: String,
    pub(super) qualifier: Option<String>,
    maximum_retry_attempts: Option<i64>,
    maximum_event_age_in_seconds: Option<i64>,
    destination_config: Option<DestinationConfig>,
}

impl Input {
    /// What is given, as it is kept. `ValidationException`, `InvalidParameterValueException`.
    pub(super) fn checked(&self, now: Timestamp) -> Result<EventInvoke, ServiceError> {
        let config = self.destination_config.clone().unwrap_or_default();
        let (success, failure) =
            (config.on_success.unwrap_or_default(), config.on_failure.unwrap_or_default());
        let retries = self
            .maximum_retry_attempts
            .map(|given| within(given, "maximumRetryAttempts", 0, ASYNCHRONOUS_RETRIES_DEFAULT))
            .transpose()?;
        let age = self
            .maximum_event_age_in_seconds
            .map(|given| {
                within(given, "maximumEventAgeInSeconds", EVENT_AGE_SECONDS_MIN, EVENT_AGE_SECONDS_MAX)
            })
            .transpose()?;
        Ok(EventInvoke {
            maximum_retry_attempts: retries,
            maximum_event_age_seconds: age,
            on_success: checked_destination(success.destination, Side::Success)?,
            on_failure: checked_destination(failure.destination, Side::Failure)?,
            last_modified: now,
        })
    }
}

/// `DestinationConfig`.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    destination: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Success,
    Failure,
}

fn checked_destination(given: Option<String>, side: Side) -> Result<Option<String>, ServiceError> {
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    let arn = given.parse::<Arn>().ok();
    match arn.as_ref().map(|arn| (arn.service(), arn.resource())) {
        Some(("sqs" | "sns", name)) if name.ends_with(".fifo") => Err(invalid(format!(
            "The destination ARN {given} is invalid: FIFO queues and topics are no destinations."
        ))),
        Some(("sqs" | "sns", _)) => Ok(Some(given)),
        Some(("lambda", resource)) if resource.starts_with("function:") => Ok(Some(given)),
        Some(("s3", _)) if side == Side::Failure => Ok(Some(given)),
        Some(("s3", _)) => Err(invalid("An S3 bucket is supported as an on-failure destination only.")),
        Some(("events", _)) => Err(not_supported("An event bus as a destination")),
        _ => Err(invalid(format!("The destination ARN {given} is invalid."))),
    }
}

/// `FunctionEventInvokeConfig`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EventInvokeConfig {
    last_modified: f64,
    function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: Json,
}

impl EventInvokeConfig {
    /// As AWS shows it.
    pub(super) fn of(function: &Arn, qualifier: Option<&str>, config: &EventInvoke) -> Self {
        Self {
            last_modified: seconds(config.last_modified),
            function_arn: format!("{function}:{}", qualifier.unwrap_or(LATEST)),
            maximum_retry_attempts: config.maximum_retry_attempts,
            maximum_event_age_in_seconds: config.maximum_event_age_seconds,
            destination_config: json!({
                "OnSuccess": shown(config.on_success.as_deref()),
                "OnFailure": shown(config.on_failure.as_deref()),
            }),
        }
    }
}

fn shown(destination: Option<&str>) -> Json {
    destination.map_or_else(|| json!({}), |arn| json!({"Destination": arn}))
}

/// The action.
pub(crate) struct PutFunctionEventInvokeConfig;

impl Action for PutFunctionEventInvokeConfig {
    const NAME: &'static str = "PutFunctionEventInvokeConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Put, "/2019-09-25/functions/{FunctionName}/event-invoke-config", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = EventInvokeConfig;

    async fn run(
        lambda: &Lambda,
        context: &Context,
        input: Input,
    ) -> Result<EventInvokeConfig, ServiceError> {
        let config = input.checked(context.now)?;
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        *stored.record.event_invoke_mut(qualifier) = Some(config.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(EventInvokeConfig::of(&name.arn, qualifier, &config))
    }
}
