//! From JSON to policies, checked against AWS's constraints.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy>

use serde_json::Value as Json;
use service::ServiceError;

use super::{Backoff, Policy, RetryPolicy};
use crate::{errors, limits};

/// What a topic's policy and an enveloped message may be labelled.
const ENVELOPED_TYPES: [&str; 2] = ["application/json", "text/plain"];
/// What a raw message may be labelled besides.
const RAW_TYPES: [&str; 10] = [
    "text/css",
    "text/csv",
    "text/html",
    "text/xml",
    "application/atom+xml",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
];

fn invalid(reason: &str) -> ServiceError {
    errors::invalid(&format!("DeliveryPolicy: {reason}"))
}

/// Checks a topic's policy.
pub(crate) fn check_of_topic(text: &str) -> Result<(), ServiceError> {
    let policy = of_topic(text)?;
    check_content_type("http.defaultRequestPolicy", &policy, false)
}

/// Checks a subscription's policy. More content types fit where messages are raw.
pub(crate) fn check_of_subscription(text: &str, raw: bool) -> Result<(), ServiceError> {
    let policy = of_subscription(text)?;
    check_content_type("requestPolicy", &policy, raw)
}

fn check_content_type(path: &str, policy: &Policy, raw: bool) -> Result<(), ServiceError> {
    let Some(content_type) = &policy.content_type else { return Ok(()) };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let fits = ENVELOPED_TYPES.contains(&essence.as_str()) || (raw && RAW_TYPES.contains(&essence.as_str()));
    if fits && http::HeaderValue::from_str(content_type).is_ok() {
        return Ok(());
    }
    Err(invalid(&format!("{path}.headerContentType: unsupported content type {content_type}")))
}

pub(super) fn of_topic(text: &str) -> Result<Policy, ServiceError> {
    let document = object(text)?;
    only(&document, "", &["http"])?;
    let http = &document["http"];
    if http.is_null() {
        return Ok(Policy::default());
    }
    let known = [
        "defaultHealthyRetryPolicy",
        "defaultSicklyRetryPolicy",
        "disableSubscriptionOverrides",
        "defaultThrottlePolicy",
        "defaultRequestPolicy",
    ];
    only(http, "http", &known)?;
    let overrides_disabled = match &http["disableSubscriptionOverrides"] {
        Json::Null => false,
        Json::Bool(disabled) => *disabled,
        _ => return Err(invalid("http.disableSubscriptionOverrides must be a boolean")),
    };
    retries(&http["defaultSicklyRetryPolicy"], "http.defaultSicklyRetryPolicy")?;
    Ok(Policy {
        retries: retries(&http["defaultHealthyRetryPolicy"], "http.defaultHealthyRetryPolicy")?,
        receives_per_second_max: throttle(&http["defaultThrottlePolicy"], "http.defaultThrottlePolicy")?,
        content_type: content_type(&http["defaultRequestPolicy"], "http.defaultRequestPolicy")?,
        overrides_disabled,
    })
}

pub(super) fn of_subscription(text: &str) -> Result<Policy, ServiceError> {
    let document = object(text)?;
    let known = ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"];
    only(&document, "", &known)?;
    retries(&document["sicklyRetryPolicy"], "sicklyRetryPolicy")?;
    Ok(Policy {
        retries: retries(&document["healthyRetryPolicy"], "healthyRetryPolicy")?,
        receives_per_second_max: throttle(&document["throttlePolicy"], "throttlePolicy")?,
        content_type: content_type(&document["requestPolicy"], "requestPolicy")?,
        overrides_disabled: false,
    })
}

fn object(text: &str) -> Result<Json, ServiceError> {
    let document: Json = serde_json::from_str(text).map_err(|_| invalid("failed to parse JSON."))?;
    if document.is_object() { Ok(document) } else { Err(invalid("failed to parse JSON.")) }
}

/// Refuses members that the format does not have.
fn only(value: &Json, path: &str, known: &[&str]) -> Result<(), ServiceError> {
    let Some(members) = value.as_object() else {
        return Err(invalid(&format!("{path} must be a JSON object")));
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) if path.is_empty() => Err(invalid(&format!("unexpected member: {name}"))),
        Some(name) => Err(invalid(&format!("unexpected member: {path}.{name}"))),
    }
}

/// A whole number between two bounds, if it is there.
fn number(value: &Json, path: &str, least: u32, most: u32) -> Result<Option<u32>, ServiceError> {
    if value.is_null() {
        return Ok(None);
    }
    // Templates write numbers as text too.
    let whole = value
        .as_i64()
        .or_else(|| value.as_str()?.parse().ok())
        .ok_or_else(|| invalid(&format!("{path} must be an integer")))?;
    if whole < i64::from(least) {
        return Err(invalid(&format!("{path} must be greater than or equal to {least}")));
    }
    match u32::try_from(whole) {
        Ok(whole) if whole <= most => Ok(Some(whole)),
        _ => Err(invalid(&format!("{path} must be less than or equal to {most}"))),
    }
}

fn retries(value: &Json, path: &str) -> Result<Option<RetryPolicy>, ServiceError> {
    if value.is_null() {
        return Ok(None);
    }
    let known = [
        "minDelayTarget",
        "maxDelayTarget",
        "numRetries",
        "numMaxDelayRetries",
        "numNoDelayRetries",
        "numMinDelayRetries",
        "backoffFunction",
    ];
    only(value, path, &known)?;
    let given =
        |name: &str, least: u32, most: u32| number(&value[name], &format!("{path}.{name}"), least, most);
    let needed = |name: &str, least: u32, most: u32| {
        given(name, least, most)?.ok_or_else(|| invalid(&format!("{path}.{name} must be specified")))
    };
    let counted = |name: &str| given(name, 0, limits::RETRIES_MAX).map(Option::unwrap_or_default);
    let policy = RetryPolicy {
        min_delay_target: needed("minDelayTarget", 1, limits::RETRY_SECONDS_MAX)?,
        max_delay_target: needed("maxDelayTarget", 1, limits::RETRY_SECONDS_MAX)?,
        num_retries: needed("numRetries", 0, limits::RETRIES_MAX)?,
        num_max_delay_retries: counted("numMaxDelayRetries")?,
        num_no_delay_retries: counted("numNoDelayRetries")?,
        num_min_delay_retries: counted("numMinDelayRetries")?,
        backoff_function: backoff(&value["backoffFunction"], path)?,
    };
    check(&policy, path)?;
    Ok(Some(policy))
}

fn check(policy: &RetryPolicy, path: &str) -> Result<(), ServiceError> {
    if policy.max_delay_target < policy.min_delay_target {
        return Err(invalid(&format!(
            "{path}.maxDelayTarget must be greater than or equal to minDelayTarget"
        )));
    }
    let phases = policy.num_no_delay_retries + policy.num_min_delay_retries + policy.num_max_delay_retries;
    if phases > policy.num_retries {
        return Err(invalid(&format!(
            "{path}.numRetries must be greater than or equal to the sum of numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries"
        )));
    }
    if policy.total_seconds() > limits::RETRY_SECONDS_MAX {
        return Err(invalid(&format!(
            "{path}: the total retry time must be less than or equal to {} seconds",
            limits::RETRY_SECONDS_MAX
        )));
    }
    Ok(())
}

fn backoff(value: &Json, path: &str) -> Result<Backoff, ServiceError> {
    match value.as_str() {
        None if value.is_null() => Ok(Backoff::Linear),
        Some("linear") => Ok(Backoff::Linear),
        Some("arithmetic") => Ok(Backoff::Arithmetic),
        Some("geometric") => Ok(Backoff::Geometric),
        Some("exponential") => Ok(Backoff::Exponential),
        _ => Err(invalid(&format!(
            "{path}.backoffFunction must be one of linear, arithmetic, geometric, exponential"
        ))),
    }
}

fn throttle(value: &Json, path: &str) -> Result<Option<u32>, ServiceError> {
    if value.is_null() {
        return Ok(None);
    }
    only(value, path, &["maxReceivesPerSecond"])?;
    number(&value["maxReceivesPerSecond"], &format!("{path}.maxReceivesPerSecond"), 1, u32::MAX)
}

fn content_type(value: &Json, path: &str) -> Result<Option<String>, ServiceError> {
    if value.is_null() {
        return Ok(None);
    }
    only(value, path, &["headerContentType"])?;
    match &value["headerContentType"] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        _ => Err(invalid(&format!("{path}.headerContentType must be a string"))),
    }
}
