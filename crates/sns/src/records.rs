//! What SNS keeps in the registry.

use std::collections::BTreeMap;

use aws::Arn;
use bytes::Bytes;
use engine::RecordKey;
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
}

impl SubscriptionRecord {
    pub(crate) fn is_pending(&self) -> bool {
        self.token.is_some() && !self.attributes.contains_key(CONFIRMED)
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

pub(crate) fn encode<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).expect("text keys and text values").into()
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(bytes).map_err(|error| ServiceError::internal(format!("sns record: {error}")))
}
