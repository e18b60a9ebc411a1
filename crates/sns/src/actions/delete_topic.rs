//! Removes a topic and its subscriptions; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::records;
use crate::{Sns, archive, arns, errors, limits, replay};

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
        let arn = arns::topic(&input.topic_arn)?;
        let topic = match sns.open(context, &arn, Self::NAME, &[]).await {
            Err(error) if error.row == &errors::NOT_FOUND => None,
            found => Some(found?),
        };
        if topic.is_some_and(|topic| topic.attributes.contains_key(archive::policy::POLICY)) {
            let text =
                "Cannot delete a topic with an active message archive policy: deactivate the policy first";
            return Err(ServiceError::new(&errors::INVALID_STATE, text));
        }
        // First the topic, so that nothing is published any more; what a crash leaves of its subscriptions is harmless.
        sns.engine.delete(records::topic_key(&arn), Expect::Anything).await?;
        sns.engine.find_words_at(arn.as_str(), Vec::new());
        sns.delete_topic_queue(&arn).await?;
        let kept =
            [records::subscriptions_of(&arn), records::removed_of(&arn), replay::record::replays_of(&arn)];
        for prefix in kept {
            for record in sns.engine.list(&prefix, None, limits::SUBSCRIPTIONS_MAX).await? {
                sns.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        Ok(())
    }
}
