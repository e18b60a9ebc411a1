//! One message to all subscribers of a topic, or to one device or phone number; durable when it answers.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::collections::BTreeMap;

use aws::Arn;
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::hops::Origin;
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
    const TELLS: bool = true;
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let given = Given {
            message: input.message,
            subject: input.subject,
            structure: input.message_structure,
            attributes: input.message_attributes,
            group: input.message_group_id,
            deduplication_id: input.message_deduplication_id,
        };
        if let Some(number) = &input.phone_number {
            let message_id = sns.publish_to_number(context, number, given).await?;
            return Ok(Output { message_id, sequence_number: None });
        }
        let target = input.topic_arn.or(input.target_arn).ok_or_else(|| {
            errors::invalid("TopicArn or TargetArn Reason: no value for required parameter")
        })?;
        if target.parse::<Arn>().is_ok_and(|arn| arn.resource().starts_with("endpoint/")) {
            let message_id = sns.publish_to_endpoint(context, &target, given).await?;
            return Ok(Output { message_id, sequence_number: None });
        }
        let arn = arns::topic_in_region(context, &target)?;
        let topic = sns.open(context, &arn, Self::NAME, &[]).await?;
        let outgoing = Outgoing::parse(Some(&topic), given)?;
        let published = sns.fan_out(&topic, &outgoing, &Origin::of_call(context, &outgoing)).await?;
        Ok(Output { message_id: published.message_id, sequence_number: published.sequence_number })
    }
}
