//! Adds a statement to a topic's policy.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, topic_policy};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    label: String,
    #[serde(rename = "AWSAccountId")]
    aws_account_id: Vec<String>,
    action_name: Vec<String>,
}

pub(crate) struct AddPermission;

impl Action for AddPermission {
    const NAME: &'static str = "AddPermission";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await?;
        sns.change_topic(&arn, |topic| {
            topic_policy::allow(topic, &input.label, &input.aws_account_id, &input.action_name)
        })
        .await
    }
}
