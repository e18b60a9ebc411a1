//! Attributes of a subscription.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

use aws::Arn;
use serde_json::Value as Json;
use service::ServiceError;

use crate::delivery_policy::{self, Effective};
use crate::filter_policy::FilterPolicy;
use crate::http_endpoint::url;
use crate::records::{Attributes, CONFIRMED, SubscriptionRecord, TopicRecord};
use crate::{arns, errors};

const KNOWN: [&str; 7] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
    "ReplayPolicy",
];

/// Whether subscriptions have such an attribute.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Sets one attribute; an empty filter policy or redrive policy removes it.
pub(crate) fn set(record: &mut SubscriptionRecord, name: &str, value: &str) -> Result<(), ServiceError> {
    if !is_known(name) {
        return Err(errors::invalid(&format!("Invalid attribute name: {name}")));
    }
    let removes = match name {
        "FilterPolicy" | "ReplayPolicy" => matches!(value.trim(), "" | "{}"),
        _ => value.is_empty(),
    };
    if removes {
        record.attributes.remove(name);
        return Ok(());
    }
    record.attributes.insert(name.to_owned(), value.to_owned());
    check(record, name, value)
}

fn check(record: &SubscriptionRecord, name: &str, value: &str) -> Result<(), ServiceError> {
    let scope = record.attributes.get("FilterPolicyScope").map(String::as_str);
    match name {
        "RawMessageDelivery" => {
            if !matches!(value, "true" | "false") {
                return Err(errors::invalid(&format!(
                    "RawMessageDelivery: Invalid value [{value}]. Must be true or false."
                )));
            }
            if value == "true" && !matches!(record.protocol.as_str(), "sqs" | "http" | "https" | "firehose") {
                let text =
                    format!("Delivery protocol [{}] does not support raw message delivery.", record.protocol);
                return Err(errors::invalid(&text));
            }
            match record.attributes.get("DeliveryPolicy") {
                Some(policy) => delivery_policy::check_of_subscription(policy, value == "true"),
                None => Ok(()),
            }
        }
        "FilterPolicyScope" if !matches!(value, "MessageAttributes" | "MessageBody") => {
            Err(errors::invalid(&format!(
                "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
            )))
        }
        // A scope changes what the policy may say, so both are checked together.
        "FilterPolicy" | "FilterPolicyScope" => match record.attributes.get("FilterPolicy") {
            Some(policy) => FilterPolicy::parse(policy, scope).map(|_| ()),
            None => Ok(()),
        },
        "RedrivePolicy" => check_redrive_policy(record, value),
        // Which content types fit depends on raw delivery, so both are checked together.
        "DeliveryPolicy" if !record.is_http() => Err(errors::invalid(&format!(
            "Delivery protocol [{}] does not support delivery policies.",
            record.protocol
        ))),
        "DeliveryPolicy" => delivery_policy::check_of_subscription(value, record.is_raw()),
        "ReplayPolicy" if !arns::is_fifo(&record.topic) => {
            Err(errors::invalid("ReplayPolicy: only subscriptions to FIFO topics can replay messages"))
        }
        _ => Ok(()),
    }
}

/// The dead-letter queue is of the subscriber's kind.
fn check_redrive_policy(record: &SubscriptionRecord, value: &str) -> Result<(), ServiceError> {
    let target = dead_letter_target(value)?;
    let (fifo, fifo_target) = (record.endpoint.ends_with(".fifo"), arns::is_fifo(&target));
    if fifo && !fifo_target {
        return Err(errors::invalid(
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
        ));
    }
    if !arns::is_fifo(&record.topic) && fifo_target {
        return Err(errors::invalid(
            "RedrivePolicy: must use a Standard queue as DLQ for a Subscription to a Standard Topic.",
        ));
    }
    Ok(())
}

/// The queue of a `RedrivePolicy`.
pub(crate) fn dead_letter_target(policy: &str) -> Result<Arn, ServiceError> {
    let wrong = || errors::invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn");
    let document: Json =
        serde_json::from_str(policy).map_err(|_| errors::invalid("RedrivePolicy: failed to parse JSON."))?;
    let unknown = document.as_object().and_then(|all| all.keys().find(|name| *name != "deadLetterTargetArn"));
    if let Some(name) = unknown {
        return Err(errors::invalid(&format!("RedrivePolicy: invalid JSON. Attribute {name} is unknown.")));
    }
    let arn: Arn =
        document["deadLetterTargetArn"].as_str().ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
    if arn.service() == "sqs" { Ok(arn) } else { Err(wrong()) }
}

/// All attributes as they are shown.
pub(crate) fn shown(record: &SubscriptionRecord, topic: &TopicRecord) -> Attributes {
    let mut all = record.attributes.clone();
    all.remove(CONFIRMED);
    // A scope is of no meaning, and not shown, without a policy.
    if !all.contains_key("FilterPolicy") {
        all.remove("FilterPolicyScope");
    }
    let mut add = |name: &str, value: &str| {
        all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    };
    add("SubscriptionArn", &record.arn);
    add("TopicArn", record.topic.as_str());
    add("Owner", &record.owner);
    add("Protocol", &record.protocol);
    add("Endpoint", &url::shown(&record.endpoint));
    add("PendingConfirmation", if record.is_pending() { "true" } else { "false" });
    add("ConfirmationWasAuthenticated", if record.confirmation_was_authenticated { "true" } else { "false" });
    add("RawMessageDelivery", "false");
    add("SubscriptionPrincipal", &format!("arn:aws:iam::{}:root", record.owner));
    if record.attributes.contains_key("FilterPolicy") {
        add("FilterPolicyScope", "MessageAttributes");
    }
    if record.is_http() {
        add("EffectiveDeliveryPolicy", &Effective::of(Some(topic), Some(record)).shown_of_subscription());
    }
    all
}
