//! One message to all subscribers of a topic; durable when it answers.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::message_attributes::AttributeValue;
use crate::outgoing::{Given, Outgoing};
use crate::{Sns, arns, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    phone_number: Option<String>,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    message_attributes: Option<BTreeMap<String, AttributeValue>>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

pub(crate) struct Publish;

impl Action for Publish {
    const NAME: &'static str = "Publish";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        if input.phone_number.is_some() {
            return Err(errors::invalid("PhoneNumber Reason: SMS is not implemented by Konekuta yet"));
        }
        let target = input.topic_arn.or(input.target_arn);
        let arn = arns::topic(&target.ok_or_else(|| {
            errors::invalid("TopicArn or TargetArn Reason: no value for required parameter")
        })?)?;
        let (topic, _) = sns.topic(&arn).await?;
        let given = Given {
            message: input.message,
            subject: input.subject,
            structure: input.message_structure,
            attributes: input.message_attributes,
            group: input.message_group_id,
            deduplication_id: input.message_deduplication_id,
        };
        let outgoing = Outgoing::parse(&topic, given)?;
        let published = sns.fan_out(&topic, &outgoing, context.trace.as_ref()).await?;
        Ok(Output { message_id: published.message_id, sequence_number: published.sequence_number })
    }
}
