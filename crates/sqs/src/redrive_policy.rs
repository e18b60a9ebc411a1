//! `RedrivePolicy` and `RedriveAllowPolicy`.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>

use aws::Arn;
use engine::{DeadLetter, Engine, QueueKey, QueueKind};
use serde_json::Value as Json;
use service::ServiceError;

use crate::queue_attributes::Attributes;
use crate::{Sqs, errors, queue_name};

const MAX_RECEIVE_COUNT_DEFAULT: u32 = 10;
const SOURCES_MAX: usize = 10;

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedrivePolicy {
    pub(crate) target: Arn,
    pub(crate) max_receive_count: u32,
}

fn refused(text: &str, reason: &str) -> ServiceError {
    errors::invalid(text, "RedrivePolicy", reason)
}

impl RedrivePolicy {
    /// `maxReceiveCount` may be a number or a text; it is 10 if absent.
    pub(crate) fn parse(text: &str) -> Result<Self, ServiceError> {
        let document: Json = serde_json::from_str(text)
            .map_err(|_| refused(text, "Redrive policy is not a valid JSON map."))?;
        let target = document.get("deadLetterTargetArn").and_then(Json::as_str).ok_or_else(|| {
            refused(text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        })?;
        let target: Arn = target
            .parse()
            .ok()
            .filter(|arn: &Arn| arn.service() == "sqs")
            .ok_or_else(|| refused(text, "Invalid value for deadLetterTargetArn."))?;
        let count = match document.get("maxReceiveCount") {
            None => Some(MAX_RECEIVE_COUNT_DEFAULT),
            Some(Json::String(count)) => count.parse().ok(),
            Some(count) => count.as_u64().and_then(|count| u32::try_from(count).ok()),
        };
        let max_receive_count = count
            .filter(|count| (1..=1000).contains(count))
            .ok_or_else(|| refused(text, "Invalid value for maxReceiveCount: must be between 1 and 1000."))?;
        Ok(Self { target, max_receive_count })
    }

    pub(crate) fn into_dead_letter(self) -> DeadLetter {
        DeadLetter { target: queue_name::from_arn(&self.target), max_receive_count: self.max_receive_count }
    }
}

/// The target must exist, be of the same kind, and allow this source.
pub(crate) async fn check_target(sqs: &Sqs, source: &QueueKey, all: &Attributes) -> Result<(), ServiceError> {
    let Some(text) = all.get("RedrivePolicy") else { return Ok(()) };
    let policy = RedrivePolicy::parse(text)?;
    let home = |arn: &str| arn.split(':').take(5).map(str::to_owned).collect::<Vec<_>>();
    if home(policy.target.as_str()) != home(source.as_str()) {
        let reason = "Dead letter target must be owned by the same account and be in the same Region.";
        return Err(refused(text, reason));
    }
    let engine: &dyn Engine = &*sqs.engine;
    let target = engine
        .queue(&queue_name::from_arn(&policy.target))
        .await
        .map_err(|_| refused(text, "Dead letter target does not exist."))?;
    let is_fifo = |kind: QueueKind| matches!(kind, QueueKind::Fifo(_));
    if is_fifo(target.settings.kind) != crate::queue_attributes::is_fifo(all) {
        let reason = "Dead-letter queue must be same type of queue as the source.";
        return Err(refused(text, reason));
    }
    let record = sqs.records.of(&target)?;
    if allows(&record.attributes, source) {
        return Ok(());
    }
    Err(refused(text, "Dead letter target does not allow this source queue."))
}

fn allows(target: &Attributes, source: &QueueKey) -> bool {
    let Some(policy) =
        target.get("RedriveAllowPolicy").and_then(|text| serde_json::from_str::<Json>(text).ok())
    else {
        return true;
    };
    match policy["redrivePermission"].as_str() {
        Some("denyAll") => false,
        Some("byQueue") => {
            let mut sources = policy["sourceQueueArns"].as_array().into_iter().flatten();
            sources.any(|arn| arn.as_str() == Some(source.as_str()))
        }
        _ => true,
    }
}

/// The form of a `RedriveAllowPolicy`.
pub(crate) fn check_allow(all: &Attributes) -> Result<(), ServiceError> {
    let Some(text) = all.get("RedriveAllowPolicy").filter(|text| !text.is_empty()) else { return Ok(()) };
    let refused = |reason: &str| Err(errors::invalid(text, "RedriveAllowPolicy", reason));
    let policy: Json = serde_json::from_str(text).unwrap_or_default();
    let sources = policy.get("sourceQueueArns").and_then(Json::as_array).map(Vec::len);
    match (policy["redrivePermission"].as_str(), sources) {
        (Some("allowAll" | "denyAll"), None) => Ok(()),
        (Some("byQueue"), Some(count)) if (1..=SOURCES_MAX).contains(&count) => Ok(()),
        (Some("byQueue"), _) => refused("Amazon SQS needs between 1 and 10 sourceQueueArns for byQueue."),
        (Some("allowAll" | "denyAll"), Some(_)) => refused("sourceQueueArns goes with byQueue only."),
        _ => refused("redrivePermission must be allowAll, denyAll or byQueue."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:dlq";

    #[test]
    fn the_count_may_be_number_text_or_absent() {
        let count = |text: &str| {
            let policy = format!("{{\"deadLetterTargetArn\":\"{ARN}\"{text}}}");
            RedrivePolicy::parse(&policy).map(|policy| policy.max_receive_count)
        };
        assert_eq!(count(",\"maxReceiveCount\":3"), Ok(3));
        assert_eq!(count(",\"maxReceiveCount\":\"4\""), Ok(4));
        assert_eq!(count(""), Ok(10));
        for wrong in ["0", "1001", "\"x\"", "1.5"] {
            assert!(count(&format!(",\"maxReceiveCount\":{wrong}")).is_err(), "{wrong}");
        }
        assert!(RedrivePolicy::parse("{}").is_err());
        assert!(RedrivePolicy::parse("{\"deadLetterTargetArn\":\"x\"}").is_err());
    }
}
