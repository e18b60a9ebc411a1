//! Removes a topic and its subscriptions; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, limits, records};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
}

pub(crate) struct DeleteTopic;

impl Action for DeleteTopic {
    const NAME: &'static str = "DeleteTopic";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let arn = arns::topic(&input.topic_arn)?;
        // First the topic, so that nothing is published any more; what a crash leaves of its subscriptions is harmless.
        sns.engine.delete(records::topic_key(&arn), Expect::Anything).await?;
        sns.delete_topic_queue(&arn).await?;
        for prefix in [records::subscriptions_of(&arn), records::removed_of(&arn)] {
            for record in sns.engine.list(&prefix, None, limits::SUBSCRIPTIONS_MAX).await? {
                sns.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        Ok(())
    }
}
