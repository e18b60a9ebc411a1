//! Confirms a subscription by the token that its endpoint was sent, or restores one that was removed; twice gives the same
//! answer.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>

use aws::Arn;
use engine::{Error, Expect, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::confirmation::is_expired;
use crate::records::{self, CONFIRMED, SubscriptionRecord};
use crate::{Sns, arns, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    token: String,
    authenticate_on_unsubscribe: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    subscription_arn: String,
}

pub(crate) struct ConfirmSubscription;

impl Action for ConfirmSubscription {
    const NAME: &'static str = "ConfirmSubscription";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let authenticated = input.authenticate_on_unsubscribe.as_deref() == Some("true")
            && !context.caller.access_key_id.is_empty();
        let confirmed = confirm(sns, &input.topic_arn, &input.token, authenticated, context.now).await?;
        Ok(Output { subscription_arn: confirmed.arn })
    }
}

/// Confirms or restores; answers the subscription.
pub(crate) async fn confirm(
    sns: &Sns,
    topic: &str,
    token: &str,
    authenticated: bool,
    now: Timestamp,
) -> Result<SubscriptionRecord, ServiceError> {
    let topic = arns::topic(topic)?;
    sns.topic(&topic).await?;
    let id = match pending(sns, &topic, token, now).await? {
        Some(id) => id,
        None => restore(sns, &topic, token).await?,
    };
    let confirmed = |record: &mut SubscriptionRecord| {
        record.attributes.insert(CONFIRMED.to_owned(), "true".to_owned());
        record.confirmation_was_authenticated |= authenticated;
        Ok(())
    };
    sns.change_subscription(&topic, &id, confirmed).await
}

/// The id of the subscription with this token. One that is confirmed keeps its token for good.
async fn pending(
    sns: &Sns,
    topic: &Arn,
    token: &str,
    now: Timestamp,
) -> Result<Option<String>, ServiceError> {
    let subscriptions = sns.subscriptions(topic).await?;
    let mut records = subscriptions.iter().map(|subscription| &subscription.record);
    let found = records.find(|record| record.token.as_deref() == Some(token));
    Ok(found.filter(|record| !record.is_pending() || !is_expired(record.asked_at, now)).map(id))
}

/// Restores a removed subscription as it was, with a fresh queue for its posts.
async fn restore(sns: &Sns, topic: &Arn, token: &str) -> Result<String, ServiceError> {
    let mut record = sns.removed(topic, token).await?.ok_or_else(|| errors::invalid("Token"))?;
    if record.is_http() {
        record.delivery_queue = Some(sns.create_delivery_queue(&record.arn).await?);
    }
    match sns.engine.put(record.key(), records::encode(&record), Expect::Absent).await {
        // Somebody else has restored it at the same time.
        Ok(_) | Err(Error::Refused(Refusal::RecordChanged(_))) => Ok(id(&record)),
        Err(error) => Err(error.into()),
    }
}

fn id(record: &SubscriptionRecord) -> String {
    record.arn.rsplit(':').next().unwrap_or_default().to_owned()
}
