//! Attributes of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use aws::{Arn, timestamp};
use engine::Timestamp;
use service::ServiceError;

use crate::records::{Attributes, TopicRecord};
use crate::{archive, arns, data_protection, delivery_policy, errors, topic_policy};

const KNOWN: [&str; 11] = [
    "DisplayName",
    "Policy",
    "DeliveryPolicy",
    "KmsMasterKeyId",
    "TracingConfig",
    "SignatureVersion",
    "FifoTopic",
    "ContentBasedDeduplication",
    "FifoThroughputScope",
    "ArchivePolicy",
    "MaximumMessageSize",
];
const FIFO_ONLY: [&str; 4] =
    ["FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"];

fn is_feedback(name: &str) -> bool {
    ["HTTP", "SQS", "Lambda", "Firehose", "Application"].iter().any(|protocol| {
        name.strip_prefix(protocol).is_some_and(|rest| {
            ["SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate"].contains(&rest)
        })
    })
}

/// Whether topics of some kind have such an attribute.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || is_feedback(name)
}

/// Checks one attribute of a topic of a kind.
pub(crate) fn check(name: &str, value: &str, fifo: bool) -> Result<(), ServiceError> {
    if !is_known(name) || (FIFO_ONLY.contains(&name) && !fifo) {
        return Err(errors::invalid(&format!("Unknown attribute {name}")));
    }
    let fits = match name {
        "SignatureVersion" => matches!(value, "1" | "2"),
        "TracingConfig" => value == "PassThrough" || (value == "Active" && !fifo),
        "FifoTopic" | "ContentBasedDeduplication" => matches!(value, "true" | "false"),
        "FifoThroughputScope" => matches!(value, "Topic" | "MessageGroup"),
        "MaximumMessageSize" => value.parse::<u32>().is_ok_and(|bytes| (1024..=1_048_576).contains(&bytes)),
        "DeliveryPolicy" => return delivery_policy::check_of_topic(value),
        "Policy" => return topic_policy::check(value),
        "ArchivePolicy" => return archive::policy::check(value),
        "DisplayName" => value.chars().count() <= 100,
        name if name.ends_with("SuccessFeedbackSampleRate") => {
            value.parse::<u8>().is_ok_and(|percent| percent <= 100)
        }
        name if name.ends_with("FeedbackRoleArn") => {
            value.parse::<Arn>().is_ok_and(|arn| arn.service() == "iam")
        }
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(errors::invalid(&format!("{name}: Invalid value [{value}]")))
}

/// All attributes as they are shown.
pub(crate) fn shown(record: &TopicRecord, confirmed: usize, pending: usize, now: Timestamp) -> Attributes {
    let mut all = record.attributes.clone();
    all.remove(archive::policy::SINCE);
    all.remove(data_protection::ATTRIBUTE);
    let mut add = |name: &str, value: String| {
        all.entry(name.to_owned()).or_insert(value);
    };
    add("TopicArn", record.arn.to_string());
    add("Owner", record.arn.account().to_owned());
    add("DisplayName", String::new());
    add("Policy", topic_policy::default(&record.arn).to_string());
    add("SubscriptionsConfirmed", confirmed.to_string());
    add("SubscriptionsPending", pending.to_string());
    add("SubscriptionsDeleted", "0".to_owned());
    add("EffectiveDeliveryPolicy", delivery_policy::shown_of_topic(record));
    if let Some(beginning) = archive::policy::beginning(record, now) {
        add("BeginningArchiveTime", timestamp::iso_milliseconds(beginning.0));
    }
    if arns::is_fifo(&record.arn) {
        add("ContentBasedDeduplication", "false".to_owned());
    }
    all
}
