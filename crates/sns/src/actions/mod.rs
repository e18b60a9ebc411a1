//! One file for each action.

mod add_permission;
mod check_if_phone_number_is_opted_out;
mod confirm_subscription;
mod create_platform_application;
mod create_platform_endpoint;
mod create_sms_sandbox_phone_number;
mod create_topic;
mod delete_endpoint;
mod delete_platform_application;
mod delete_sms_sandbox_phone_number;
mod delete_topic;
mod get_data_protection_policy;
mod get_endpoint_attributes;
mod get_platform_application_attributes;
mod get_sms_attributes;
mod get_sms_sandbox_account_status;
mod get_subscription_attributes;
mod get_topic_attributes;
mod list_endpoints_by_platform_application;
mod list_origination_numbers;
mod list_phone_numbers_opted_out;
mod list_platform_applications;
mod list_sms_sandbox_phone_numbers;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod opt_in_phone_number;
mod publish;
mod publish_batch;
mod put_data_protection_policy;
mod remove_permission;
mod set_endpoint_attributes;
mod set_platform_application_attributes;
mod set_sms_attributes;
mod set_subscription_attributes;
mod set_topic_attributes;
mod subscribe;
mod tag_resource;
mod unsubscribe;
mod untag_resource;
mod verify_sms_sandbox_phone_number;

pub(crate) use add_permission::AddPermission;
pub(crate) use check_if_phone_number_is_opted_out::CheckIfPhoneNumberIsOptedOut;
pub(crate) use confirm_subscription::{ConfirmSubscription, confirm};
pub(crate) use create_platform_application::CreatePlatformApplication;
pub(crate) use create_platform_endpoint::CreatePlatformEndpoint;
pub(crate) use create_sms_sandbox_phone_number::CreateSmsSandboxPhoneNumber;
pub(crate) use create_topic::CreateTopic;
pub(crate) use delete_endpoint::DeleteEndpoint;
pub(crate) use delete_platform_application::DeletePlatformApplication;
pub(crate) use delete_sms_sandbox_phone_number::DeleteSmsSandboxPhoneNumber;
pub(crate) use delete_topic::DeleteTopic;
pub(crate) use get_data_protection_policy::GetDataProtectionPolicy;
pub(crate) use get_endpoint_attributes::GetEndpointAttributes;
pub(crate) use get_platform_application_attributes::GetPlatformApplicationAttributes;
pub(crate) use get_sms_attributes::GetSmsAttributes;
pub(crate) use get_sms_sandbox_account_status::GetSmsSandboxAccountStatus;
pub(crate) use get_subscription_attributes::GetSubscriptionAttributes;
pub(crate) use get_topic_attributes::GetTopicAttributes;
pub(crate) use list_endpoints_by_platform_application::ListEndpointsByPlatformApplication;
pub(crate) use list_origination_numbers::ListOriginationNumbers;
pub(crate) use list_phone_numbers_opted_out::ListPhoneNumbersOptedOut;
pub(crate) use list_platform_applications::ListPlatformApplications;
pub(crate) use list_sms_sandbox_phone_numbers::ListSmsSandboxPhoneNumbers;
pub(crate) use list_subscriptions::ListSubscriptions;
pub(crate) use list_subscriptions_by_topic::ListSubscriptionsByTopic;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use list_topics::ListTopics;
pub(crate) use opt_in_phone_number::OptInPhoneNumber;
pub(crate) use publish::Publish;
pub(crate) use publish_batch::PublishBatch;
pub(crate) use put_data_protection_policy::PutDataProtectionPolicy;
pub(crate) use remove_permission::RemovePermission;
pub(crate) use set_endpoint_attributes::SetEndpointAttributes;
pub(crate) use set_platform_application_attributes::SetPlatformApplicationAttributes;
pub(crate) use set_sms_attributes::SetSmsAttributes;
pub(crate) use set_subscription_attributes::SetSubscriptionAttributes;
pub(crate) use set_topic_attributes::SetTopicAttributes;
pub(crate) use subscribe::Subscribe;
pub(crate) use tag_resource::TagResource;
pub(crate) use unsubscribe::{Unsubscribe, unsubscribe};
pub(crate) use untag_resource::UntagResource;
pub(crate) use verify_sms_sandbox_phone_number::VerifySmsSandboxPhoneNumber;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{ServiceError, business_key};

use crate::http_endpoint::url;
use crate::records::SubscriptionRecord;
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
    let tags = given.into_iter().map(|Tag { key, value }| (key, value)).collect();
    business_key::check(&tags).map_err(|error| errors::invalid(&format!("Tags Reason: {error}")))?;
    Ok(tags)
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
    let page = sns.page(prefix, next_token, limits::PAGE).await?;
    Ok((page.records.into_iter().map(listed).collect(), page.next_token))
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
