//! All attributes of a subscription.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::records::Attributes;
use crate::{Sns, access, arns, subscription_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    attributes: Attributes,
}

pub(crate) struct GetSubscriptionAttributes;

impl Action for GetSubscriptionAttributes {
    const NAME: &'static str = "GetSubscriptionAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let (topic, id) = arns::subscription(&input.subscription_arn)?;
        let (record, _) = sns.subscription(&topic, &id).await?;
        access::check_owner(context, &topic, &record, Self::NAME)?;
        let (topic, _) = sns.topic(&topic).await?;
        let mut attributes = subscription_attributes::shown(&record, &topic);
        if let Some((replay, _)) = sns.replay(&record.arn).await? {
            attributes.insert("ReplayStatus".to_owned(), replay.status.shown().to_owned());
        }
        Ok(Output { attributes })
    }
}
