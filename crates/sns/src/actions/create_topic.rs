//! A new topic; one that exists with the same attributes and tags is answered as if it were new.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>

use engine::{Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::Tag;
use crate::records::{self, Attributes, TopicRecord};
use crate::{Sns, archive, arns, data_protection, errors, topic_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    attributes: Option<Attributes>,
    tags: Option<Vec<Tag>>,
    data_protection_policy: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    topic_arn: String,
}

pub(crate) struct CreateTopic;

impl Action for CreateTopic {
    const NAME: &'static str = "CreateTopic";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let attributes = input.attributes.unwrap_or_default();
        let fifo = attributes.get("FifoTopic").is_some_and(|value| value == "true");
        let arn = arns::of_topic(context, &input.name, fifo)?;
        for (name, value) in &attributes {
            topic_attributes::check(name, value, fifo).map_err(errors::among_attributes)?;
        }
        let tags = super::tags(input.tags.unwrap_or_default())?;
        let mut record = TopicRecord { version: 1, arn: arn.clone(), attributes, tags };
        if let Some(policy) = &input.data_protection_policy {
            data_protection::put(&mut record, policy)?;
        }
        archive::policy::note(&mut record, context.now);
        if sns.engine.get(&records::topic_key(&arn)).await?.is_none() {
            sns.check_topics(&arn).await?;
        }
        sns.create_topic_queue(&record).await?;
        match sns.engine.put(records::topic_key(&arn), records::encode(&record), Expect::Absent).await {
            Ok(_) => {}
            Err(Error::Refused(Refusal::RecordChanged(_))) => compare(&sns.topic(&arn).await?.0, &record)?,
            Err(error) => return Err(error.into()),
        }
        Ok(Output { topic_arn: arn.to_string() })
    }
}

/// What is given must be as the existing topic has it.
fn compare(existing: &TopicRecord, given: &TopicRecord) -> Result<(), ServiceError> {
    let differs = |(name, value): (&String, &String)| {
        name != archive::policy::SINCE && existing.attributes.get(name) != Some(value)
    };
    if given.attributes.iter().any(differs) {
        return Err(errors::invalid("Attributes Reason: Topic already exists with different attributes"));
    }
    if !given.tags.is_empty() && given.tags != existing.tags {
        return Err(errors::invalid("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}
