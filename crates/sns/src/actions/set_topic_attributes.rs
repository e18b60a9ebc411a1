//! Changes one attribute of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::records::TopicRecord;
use crate::{Sns, archive, arns, errors, large_messages, topic_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) struct SetTopicAttributes;

impl Action for SetTopicAttributes {
    const NAME: &'static str = "SetTopicAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        let (name, value) = (input.attribute_name, input.attribute_value.unwrap_or_default());
        if name == "FifoTopic" || !topic_attributes::is_known(&name) {
            return Err(errors::invalid("AttributeName"));
        }
        sns.open(context, &arn, Self::NAME, &[]).await?;
        let large = name == "MaximumMessageSize" && value.parse().is_ok_and(large_messages::is_large);
        if large {
            sns.check_subscribers_of_large(&arn).await?;
        }
        let change = |topic: &mut TopicRecord| {
            if value.is_empty() {
                topic.attributes.remove(&name);
            } else {
                topic_attributes::check(&name, &value, arns::is_fifo(&arn))?;
                topic.attributes.insert(name.clone(), value.clone());
            }
            archive::policy::note(topic, context.now);
            Ok(())
        };
        sns.change_topic(&arn, change).await?;
        if name == archive::policy::POLICY && archive::policy::is_off(&value) {
            sns.forget_archived(&arn, None).await?;
        }
        if name == "FifoThroughputScope" {
            sns.change_topic_queue(&arn).await?;
        }
        Ok(())
    }
}
