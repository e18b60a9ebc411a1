//! Topics whose `MaximumMessageSize` lies above 256 KiB: only queues and functions can take such messages, and not too
//! many of them.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>

use aws::Arn;
use service::ServiceError;

use crate::records::TopicRecord;
use crate::{Sns, errors, limits};

/// The most bytes of a message, and of a batch.
pub(crate) fn bytes_max(topic: &TopicRecord) -> usize {
    let given = topic.attributes.get("MaximumMessageSize");
    given.and_then(|text| text.parse().ok()).unwrap_or(limits::MESSAGE_BYTES_DEFAULT)
}

/// Whether a size needs such a topic.
pub(crate) fn is_large(bytes: usize) -> bool {
    bytes > limits::LARGE_MESSAGE_BYTES
}

fn takes_large(protocol: &str) -> bool {
    matches!(protocol, "sqs" | "lambda" | "firehose")
}

fn refused() -> ServiceError {
    errors::invalid(
        "MaximumMessageSize Reason: A topic with a MaximumMessageSize above 262144 must have 100 or fewer subscriptions, each of protocol sqs, lambda or firehose",
    )
}

impl Sns {
    /// Whether a topic may take larger messages, with the subscriptions it has.
    pub(crate) async fn check_subscribers_of_large(&self, topic: &Arn) -> Result<(), ServiceError> {
        let subscriptions = self.subscriptions(topic).await?;
        let all = subscriptions.iter().all(|subscription| takes_large(&subscription.record.protocol));
        if all && subscriptions.len() <= limits::LARGE_SUBSCRIPTIONS_MAX { Ok(()) } else { Err(refused()) }
    }
}

/// Whether a topic may get one more subscription, to those that it has.
pub(crate) fn check_subscriber(
    topic: &TopicRecord,
    protocol: &str,
    others: usize,
) -> Result<(), ServiceError> {
    let fits = takes_large(protocol) && others < limits::LARGE_SUBSCRIPTIONS_MAX;
    if fits || !is_large(bytes_max(topic)) { Ok(()) } else { Err(refused()) }
}
