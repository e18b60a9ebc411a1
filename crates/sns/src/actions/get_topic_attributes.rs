//! All attributes of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::records::Attributes;
use crate::{Sns, arns, topic_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    attributes: Attributes,
}

pub(crate) struct GetTopicAttributes;

impl Action for GetTopicAttributes {
    const NAME: &'static str = "GetTopicAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        let topic = sns.open(context, &arn, Self::NAME, &[]).await?;
        let subscriptions = sns.subscriptions(&arn).await?;
        let pending = subscriptions.iter().filter(|subscription| subscription.record.is_pending()).count();
        let attributes = topic_attributes::shown(&topic, subscriptions.len() - pending, pending, context.now);
        Ok(Output { attributes })
    }
}
