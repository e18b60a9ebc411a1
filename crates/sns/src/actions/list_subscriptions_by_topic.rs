//! The subscriptions of a topic, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::{Listed, page};
use crate::{Sns, arns, records};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    subscriptions: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListSubscriptionsByTopic;

impl Action for ListSubscriptionsByTopic {
    const NAME: &'static str = "ListSubscriptionsByTopic";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await?;
        let (subscriptions, next_token) =
            page(sns, &records::subscriptions_of(&arn), input.next_token).await?;
        Ok(Output { subscriptions, next_token })
    }
}
