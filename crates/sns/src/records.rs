//! What SNS keeps in the registry.

use std::collections::BTreeMap;

use aws::Arn;
use bytes::Bytes;
use engine::{RecordKey, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service::ServiceError;

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, String>;

/// A topic. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicRecord {
    pub(crate) version: u32,
    pub(crate) arn: Arn,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A subscription. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionRecord {
    pub(crate) version: u32,
    pub(crate) arn: String,
    pub(crate) topic: Arn,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) owner: String,
    pub(crate) attributes: Attributes,
    /// Waits for its confirmation with this token.
    pub(crate) token: Option<String>,
    pub(crate) confirmation_was_authenticated: bool,
    /// When its token was made; records from before this was kept have none, and their tokens stay valid.
    #[serde(default)]
    pub(crate) asked_at: Option<Timestamp>,
    /// The engine's queue in which messages wait for an HTTP/S endpoint.
    #[serde(default)]
    pub(crate) delivery_queue: Option<String>,
}

impl SubscriptionRecord {
    pub(crate) fn is_pending(&self) -> bool {
        self.token.is_some() && !self.attributes.contains_key(CONFIRMED)
    }

    pub(crate) fn has_filter_policy(&self) -> bool {
        self.attributes.contains_key("FilterPolicy")
    }

    /// Whether it is delivered to over HTTP or HTTPS.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self.protocol.as_str(), "http" | "https")
    }

    /// Whether messages come without an envelope.
    pub(crate) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }

    pub(crate) fn key(&self) -> RecordKey {
        let id = self.arn.rsplit(':').next().unwrap_or_default();
        subscription_key(&self.topic, id)
    }
}

/// Marks a subscription whose token was used; the token stays, because confirming twice answers the same.
pub(crate) const CONFIRMED: &str = "konekuta:confirmed";

pub(crate) const TOPICS: &str = "sns/topic/";
pub(crate) const SUBSCRIPTIONS: &str = "sns/subscription/";

pub(crate) fn topic_key(arn: &Arn) -> RecordKey {
    RecordKey::new(format!("{TOPICS}{arn}"))
}

pub(crate) fn subscriptions_of(topic: &Arn) -> String {
    format!("{SUBSCRIPTIONS}{topic}/")
}

pub(crate) fn subscription_key(topic: &Arn, id: &str) -> RecordKey {
    RecordKey::new(format!("{}{id}", subscriptions_of(topic)))
}

/// Removed subscriptions of a topic that may be restored.
pub(crate) fn removed_of(topic: &Arn) -> String {
    format!("sns/removed-subscription/{topic}/")
}

pub(crate) fn removed_key(topic: &Arn, token: &str) -> RecordKey {
    RecordKey::new(format!("{}{token}", removed_of(topic)))
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).expect("text keys and text values").into()
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(bytes).map_err(|error| ServiceError::internal(format!("sns record: {error}")))
}
