//! HTTP and HTTPS subscriptions: what is posted, and the queue of each subscription in which posts wait, so that no
//! endpoint holds up another.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html>

mod attempt;
pub(crate) mod client;
mod delivery;
pub(crate) mod url;

use bytes::Bytes;
use engine::{Enqueue, Error, QueueKey, QueueKind, QueueSettings, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Sns, queue_tasks, records, waiting};

pub(crate) use delivery::run as deliver;

/// The queues of posts. A queue is made before the subscription that names it is stored.
pub(crate) const POSTS: queue_tasks::Kind =
    queue_tasks::Kind { queues: "sns/http/", records: records::SUBSCRIPTIONS };
/// Longer than any delivery policy lasts.
const RETENTION_SECONDS: u32 = 1_209_600;
/// Longer than one try lasts.
const TRY_SECONDS: u32 = 60;

/// `x-amz-sns-message-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// A post as it waits. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) version: u32,
    pub(crate) kind: Kind,
    pub(crate) message_id: String,
    pub(crate) topic_arn: String,
    pub(crate) subscription_arn: String,
    pub(crate) endpoint: String,
    pub(crate) body: String,
    /// Without an envelope.
    pub(crate) raw: bool,
    /// Goes on as `X-Amzn-Trace-Id`; posts from before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<String>,
    /// When the message was published; 0 in posts from before this was kept.
    #[serde(default)]
    pub(crate) published_at: Timestamp,
}

/// The send of a post into its subscription's queue.
pub(crate) fn enqueue(id: Uuid, queue: &str, post: &Post) -> Enqueue {
    waiting::enqueue(queue, id, post)
}

impl Sns {
    /// A new queue for the posts of a subscription. Each subscription, also one that is restored, gets a fresh one, so
    /// that the old one can be removed at leisure.
    pub(crate) async fn create_delivery_queue(&self, subscription: &str) -> Result<String, Error> {
        let name = format!("{}{}", POSTS.queues, self.ids.uuid());
        let settings = QueueSettings {
            kind: QueueKind::Standard,
            delay_seconds: 0,
            retention_seconds: RETENTION_SECONDS,
            visibility_timeout_seconds: TRY_SECONDS,
            dead_letter: None,
            in_flight_max: u32::MAX,
        };
        let record = Bytes::from(subscription.to_owned());
        match self.engine.create_queue(QueueKey::new(name.as_str()), settings, record).await {
            Err(error) if !matches!(error, Error::Refused(Refusal::QueueExists(_))) => Err(error),
            _ => Ok(name),
        }
    }
}

#[cfg(test)]
mod tests;
