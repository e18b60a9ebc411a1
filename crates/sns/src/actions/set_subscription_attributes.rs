//! Changes one attribute of a subscription.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, access, arns, errors, replay, subscription_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) struct SetSubscriptionAttributes;

impl Action for SetSubscriptionAttributes {
    const NAME: &'static str = "SetSubscriptionAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let (topic, id) = arns::subscription(&input.subscription_arn)?;
        let (name, value) = (input.attribute_name, input.attribute_value.unwrap_or_default());
        if !subscription_attributes::is_known(&name) {
            return Err(errors::invalid("AttributeName"));
        }
        let (subscription, _) = sns.subscription(&topic, &id).await?;
        access::check_owner(context, &topic, &subscription, Self::NAME)?;
        if name == "FilterPolicy" && !value.is_empty() {
            sns.check_filter_policies(&topic, &input.subscription_arn).await?;
        }
        if name == replay::policy::POLICY {
            sns.set_replay(&sns.topic(&topic).await?.0, &subscription, &value).await?;
        }
        let change = sns
            .change_subscription(&topic, &id, |record| subscription_attributes::set(record, &name, &value));
        change.await.map(|_| ())
    }
}
