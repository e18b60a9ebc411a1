//! One file for each action.

mod confirm_subscription;
mod create_topic;
mod delete_topic;
mod get_subscription_attributes;
mod get_topic_attributes;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod publish;
mod publish_batch;
mod set_subscription_attributes;
mod set_topic_attributes;
mod subscribe;
mod tag_resource;
mod unsubscribe;
mod untag_resource;

pub(crate) use confirm_subscription::ConfirmSubscription;
pub(crate) use create_topic::CreateTopic;
pub(crate) use delete_topic::DeleteTopic;
pub(crate) use get_subscription_attributes::GetSubscriptionAttributes;
pub(crate) use get_topic_attributes::GetTopicAttributes;
pub(crate) use list_subscriptions::ListSubscriptions;
pub(crate) use list_subscriptions_by_topic::ListSubscriptionsByTopic;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use list_topics::ListTopics;
pub(crate) use publish::Publish;
pub(crate) use publish_batch::PublishBatch;
pub(crate) use set_subscription_attributes::SetSubscriptionAttributes;
pub(crate) use set_topic_attributes::SetTopicAttributes;
pub(crate) use subscribe::Subscribe;
pub(crate) use tag_resource::TagResource;
pub(crate) use unsubscribe::Unsubscribe;
pub(crate) use untag_resource::UntagResource;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::ServiceError;

use crate::http_endpoint::url;
use crate::records::{self, SubscriptionRecord};
use crate::{Sns, errors, limits};

/// The shape `Tag`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    key: String,
    value: String,
}

/// A result without members.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Empty {}

fn tags(given: Vec<Tag>) -> Result<BTreeMap<String, String>, ServiceError> {
    let wrong = given.iter().find(|tag| tag.key.is_empty() || tag.key.len() > 128 || tag.value.len() > 256);
    if let Some(tag) = wrong {
        return Err(errors::invalid(&format!("Tags Reason: {} is no valid tag", tag.key)));
    }
    Ok(given.into_iter().map(|Tag { key, value }| (key, value)).collect())
}

/// The tag actions call a missing topic by another name.
fn of_resource(error: ServiceError) -> ServiceError {
    if error.row == &errors::NOT_FOUND {
        return ServiceError::new(&errors::RESOURCE_NOT_FOUND, "Resource does not exist");
    }
    error
}

/// The shape `Subscription`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    subscription_arn: String,
    owner: String,
    protocol: String,
    endpoint: String,
    topic_arn: String,
}

/// A page of subscriptions below a prefix, and where the next one begins.
async fn page(
    sns: &Sns,
    prefix: &str,
    next_token: Option<String>,
) -> Result<(Vec<Listed>, Option<String>), ServiceError> {
    let after = next_token.map(|token| format!("{prefix}{token}"));
    let found = sns.engine.list(prefix, after.as_deref(), limits::PAGE + 1).await?;
    let more = found.len() > limits::PAGE;
    let shown = &found[..found.len().min(limits::PAGE)];
    let last = shown.last().filter(|_| more).and_then(|record| record.key.as_str().strip_prefix(prefix));
    let listed: Result<Vec<Listed>, ServiceError> =
        shown.iter().map(|record| Ok(listed(records::decode(&record.value)?))).collect();
    Ok((listed?, last.map(str::to_owned)))
}

fn listed(record: SubscriptionRecord) -> Listed {
    let pending = record.is_pending();
    Listed {
        subscription_arn: if pending { "PendingConfirmation".to_owned() } else { record.arn },
        owner: record.owner,
        protocol: record.protocol,
        endpoint: url::shown(&record.endpoint),
        topic_arn: record.topic.to_string(),
    }
}
