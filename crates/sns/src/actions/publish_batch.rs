//! Up to ten messages, each by itself.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::hops::Origin;
use crate::message_attributes::AttributeValue;
use crate::outgoing::{Given, Outgoing};
use crate::{Sns, arns, errors, large_messages, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    publish_batch_request_entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    successful: Vec<Succeeded>,
    failed: Vec<Failed>,
}

pub(crate) struct PublishBatch;

impl Action for PublishBatch {
    const NAME: &'static str = "PublishBatch";
    const TELLS: bool = true;
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic_in_region(context, &input.topic_arn)?;
        let topic = sns.open(context, &arn, Self::NAME, &[]).await?;
        check_ids(&input.publish_batch_request_entries)?;
        let bytes: usize = input.publish_batch_request_entries.iter().map(Entry::size).sum();
        if bytes > large_messages::bytes_max(&topic) {
            let text = "The length of all the messages put together is more than the limit.";
            return Err(ServiceError::new(&errors::BATCH_TOO_LONG, text));
        }
        let parsed: Vec<(String, Result<Outgoing, ServiceError>)> = input
            .publish_batch_request_entries
            .into_iter()
            .map(|entry| (entry.id.clone(), Outgoing::parse(Some(&topic), entry.given())))
            .collect();
        let mut output = Output { successful: Vec::new(), failed: Vec::new() };
        for (id, outgoing) in parsed {
            let published = match outgoing {
                Ok(outgoing) => sns.fan_out(&topic, &outgoing, &Origin::of_call(context, &outgoing)).await,
                Err(error) => Err(error),
            };
            match published {
                Ok(published) => output.successful.push(Succeeded {
                    id,
                    message_id: published.message_id,
                    sequence_number: published.sequence_number,
                }),
                Err(error) => output.failed.push(Failed {
                    id,
                    code: error.row.query_code.to_owned(),
                    message: error.message.into_owned(),
                    sender_fault: error.row.sender,
                }),
            }
        }
        Ok(output)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    id: String,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    message_attributes: Option<BTreeMap<String, AttributeValue>>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

impl Entry {
    /// Bytes that count, whether the entry is valid or not.
    fn size(&self) -> usize {
        let attributes = self.message_attributes.iter().flatten();
        self.message.len() + attributes.map(|(name, value)| name.len() + value.size()).sum::<usize>()
    }

    fn given(self) -> Given {
        Given {
            message: self.message,
            subject: self.subject,
            structure: self.message_structure,
            attributes: self.message_attributes,
            group: self.message_group_id,
            deduplication_id: self.message_deduplication_id,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Succeeded {
    id: String,
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Failed {
    id: String,
    code: String,
    message: String,
    sender_fault: bool,
}

fn check_ids(entries: &[Entry]) -> Result<(), ServiceError> {
    if entries.is_empty() {
        return Err(ServiceError::new(
            &errors::EMPTY_BATCH,
            "The batch request doesn't contain any entries.",
        ));
    }
    if entries.len() > limits::BATCH_ENTRIES_MAX {
        let text = "The batch request contains more entries than permissible.";
        return Err(ServiceError::new(&errors::TOO_MANY_ENTRIES, text));
    }
    let mut seen = HashSet::new();
    for Entry { id, .. } in entries {
        if id.len() > 80 {
            let text = format!("The Id of a batch entry in the batch request is too long: {id}");
            return Err(ServiceError::new(&errors::INVALID_ENTRY_ID, text));
        }
        if id.is_empty()
            || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        {
            let text = format!(
                "The Id of a batch entry in the batch request contains an impermissible character: {id}"
            );
            return Err(ServiceError::new(&errors::INVALID_ENTRY_ID, text));
        }
        if !seen.insert(id) {
            let text = "Two or more batch entries in the request have the same Id.";
            return Err(ServiceError::new(&errors::IDS_NOT_DISTINCT, text));
        }
    }
    Ok(())
}
