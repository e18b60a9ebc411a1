//! What a dead-letter queue is told about an event that a target did not get.

use std::collections::BTreeMap;

use aws::timestamp;
use service::ports::{MessageAttribute, MessageAttributeValue, PortError};

use crate::delivery::{Delivery, Exhausted};

/// The message attributes, of a rule or of a schedule.
pub(crate) fn attributes(
    delivery: &Delivery,
    reason: &PortError,
    exhausted: Option<Exhausted>,
) -> BTreeMap<String, MessageAttribute> {
    let of_schedule = delivery.is_of_schedule();
    let source = if of_schedule { "SCHEDULE_ARN" } else { "RULE_ARN" };
    let mut all = vec![
        (source, delivery.source.to_string()),
        ("TARGET_ARN", delivery.target.arn.to_string()),
        ("ERROR_CODE", if of_schedule { code_of_target(delivery, reason) } else { code(reason) }.to_owned()),
        ("ERROR_MESSAGE", reason.to_string()),
        ("RETRY_ATTEMPTS", delivery.attempts.to_string()),
    ];
    if let Some(exhausted) = exhausted {
        let condition = match exhausted {
            Exhausted::Attempts => "MaximumRetryAttempts",
            Exhausted::Age => "MaximumEventAgeInSeconds",
        };
        all.push(("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
    }
    if of_schedule {
        let due = timestamp::iso_milliseconds(delivery.due.0 / 1000 * 1000).replace(".000Z", "Z");
        all.extend([
            ("EXECUTION_ID", delivery.id.clone()),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
            ("SCHEDULED_TIME", due),
        ]);
    }
    let text = |(name, value): (&str, String)| {
        let value = MessageAttributeValue::Text(value);
        (name.to_owned(), MessageAttribute { data_type: "String".to_owned(), value })
    };
    all.into_iter().map(text).collect()
}

/// As EventBridge calls it.
fn code(reason: &PortError) -> &'static str {
    match reason {
        PortError::Denied(_) => "NO_PERMISSIONS",
        PortError::NotFound(_) => "NO_RESOURCE",
        PortError::Refused(_) => "INVALID_PARAMETER",
        PortError::Failed(_) | PortError::NotServed(_) => "INTERNAL_ERROR",
    }
}

/// As the target's service calls it, which is what Scheduler tells.
fn code_of_target(delivery: &Delivery, reason: &PortError) -> &'static str {
    match (reason, delivery.target.arn.service()) {
        (PortError::NotFound(_), "sqs") => "AWS.SimpleQueueService.NonExistentQueue",
        (PortError::NotFound(_), "sns") => "NotFound",
        (PortError::NotFound(_), _) => "ResourceNotFoundException",
        (PortError::Denied(_), "lambda") => "AccessDeniedException",
        (PortError::Denied(_), _) => "AccessDenied",
        (PortError::Refused(_), "lambda") => "InvalidParameterValueException",
        (PortError::Refused(_), _) => "InvalidParameterValue",
        (PortError::Failed(_) | PortError::NotServed(_), _) => "InternalFailure",
    }
}
