//! Delivery policies: how deliveries to HTTP/S endpoints are retried, throttled and labelled.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

mod parse;
mod schedule;

pub(crate) use parse::{check_of_subscription, check_of_topic};

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::records::{SubscriptionRecord, TopicRecord};

const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";

/// How the delay between retries grows during the backoff phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Backoff {
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

/// The phases of retries: without delay, with the least delay, backoff, with the greatest delay. Delays in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPolicy {
    min_delay_target: u32,
    max_delay_target: u32,
    num_retries: u32,
    num_max_delay_retries: u32,
    num_no_delay_retries: u32,
    num_min_delay_retries: u32,
    backoff_function: Backoff,
}

/// AWS's default: three retries, 20 seconds apart.
const DEFAULT_RETRIES: RetryPolicy = RetryPolicy {
    min_delay_target: 20,
    max_delay_target: 20,
    num_retries: 3,
    num_max_delay_retries: 0,
    num_no_delay_retries: 0,
    num_min_delay_retries: 0,
    backoff_function: Backoff::Linear,
};

/// One policy, of a topic or of a subscription. What it leaves open is decided elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Policy {
    retries: Option<RetryPolicy>,
    receives_per_second_max: Option<u32>,
    content_type: Option<String>,
    /// A topic's policy may forbid that its subscriptions have their own.
    overrides_disabled: bool,
}

/// The policy that holds for a subscription: its own, then its topic's, then AWS's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) retries: RetryPolicy,
    pub(crate) receives_per_second_max: Option<u32>,
    pub(crate) content_type: String,
}

impl Effective {
    /// Stored policies were checked when they were set; one that cannot be read any more counts as absent.
    pub(crate) fn of(topic: Option<&TopicRecord>, subscription: Option<&SubscriptionRecord>) -> Self {
        let topic = topic.map(of_topic).unwrap_or_default();
        let own = subscription
            .filter(|_| !topic.overrides_disabled)
            .and_then(|record| record.attributes.get("DeliveryPolicy"))
            .and_then(|text| parse::of_subscription(text).ok())
            .unwrap_or_default();
        Self {
            retries: own.retries.or(topic.retries).unwrap_or(DEFAULT_RETRIES),
            receives_per_second_max: own.receives_per_second_max.or(topic.receives_per_second_max),
            content_type: own.content_type.or(topic.content_type).unwrap_or_else(|| CONTENT_TYPE.to_owned()),
        }
    }

    /// As `EffectiveDeliveryPolicy` of a subscription shows it.
    pub(crate) fn shown_of_subscription(&self) -> String {
        text(&SubscriptionForm {
            healthy_retry_policy: self.retries,
            sickly_retry_policy: None,
            throttle_policy: self.receives_per_second_max.map(throttle),
            request_policy: json!({"headerContentType": self.content_type}),
            guaranteed: false,
        })
    }
}

fn of_topic(topic: &TopicRecord) -> Policy {
    let text = topic.attributes.get("DeliveryPolicy");
    text.and_then(|text| parse::of_topic(text).ok()).unwrap_or_default()
}

/// As `EffectiveDeliveryPolicy` of a topic shows it.
pub(crate) fn shown_of_topic(topic: &TopicRecord) -> String {
    let effective = Effective::of(Some(topic), None);
    text(&TopicForm {
        http: HttpForm {
            default_healthy_retry_policy: effective.retries,
            disable_subscription_overrides: of_topic(topic).overrides_disabled,
            default_throttle_policy: effective.receives_per_second_max.map(throttle),
            default_request_policy: json!({"headerContentType": effective.content_type}),
        },
    })
}

fn throttle(receives_per_second_max: u32) -> Json {
    json!({"maxReceivesPerSecond": receives_per_second_max})
}

fn text<T: Serialize>(form: &T) -> String {
    serde_json::to_string(form).expect("text keys and plain values")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionForm {
    healthy_retry_policy: RetryPolicy,
    sickly_retry_policy: Option<RetryPolicy>,
    throttle_policy: Option<Json>,
    request_policy: Json,
    guaranteed: bool,
}

#[derive(Serialize)]
struct TopicForm {
    http: HttpForm,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpForm {
    default_healthy_retry_policy: RetryPolicy,
    disable_subscription_overrides: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_throttle_policy: Option<Json>,
    default_request_policy: Json,
}

#[cfg(test)]
mod tests;
