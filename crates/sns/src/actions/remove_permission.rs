//! Removes a statement from a topic's policy; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_RemovePermission.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, topic_policy};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    label: String,
}

pub(crate) struct RemovePermission;

impl Action for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await?;
        let change = |topic: &mut _| {
            topic_policy::revoke(topic, &input.label);
            Ok(())
        };
        sns.change_topic(&arn, change).await
    }
}
