//! Confirms a subscription by the token that was mailed; twice gives the same answer.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::records::CONFIRMED;
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
        let topic = arns::topic(&input.topic_arn)?;
        sns.topic(&topic).await?;
        let subscriptions = sns.subscriptions(&topic).await?;
        let found = subscriptions
            .iter()
            .map(|subscription| &subscription.record)
            .find(|record| record.token.as_deref() == Some(input.token.as_str()))
            .ok_or_else(|| errors::invalid("Token"))?;
        let authenticated = input.authenticate_on_unsubscribe.as_deref() == Some("true")
            && !context.caller.access_key_id.is_empty();
        let id = found.arn.rsplit(':').next().unwrap_or_default();
        let confirmed = sns
            .change_subscription(&topic, id, |record| {
                record.attributes.insert(CONFIRMED.to_owned(), "true".to_owned());
                record.confirmation_was_authenticated |= authenticated;
                Ok(())
            })
            .await?;
        Ok(Output { subscription_arn: confirmed.arn })
    }
}
