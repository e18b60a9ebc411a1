//! Stores up to ten messages together; those that do not fit fail one by one.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>

use engine::{Commit, Queue};
use serde::{Deserialize, Serialize};
use service::ports::SharedText;
use service::way::HeldBack;
use service::{Action, Context, ServiceError, Text};

use super::send_message::{held_back, sender_id, trace};
use crate::access::Opened;
use crate::batch::{self, Failed, Outcome};
use crate::message::{self, Outgoing, Prepared, Unfit, id_text, sequence_text};
use crate::message_attributes::{self, AttributeValues};
use crate::queue_attributes::Attributes;
use crate::{Sqs, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    id: String,
    message_body: SharedText,
    delay_seconds: Option<i64>,
    message_attributes: Option<AttributeValues>,
    message_system_attributes: Option<AttributeValues>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    /// The Query protocol writes nothing for none.
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Succeeded {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "MessageId")]
    message_id: Text,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: Text,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<String>,
    #[serde(rename = "MD5OfMessageSystemAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_system_attributes: Option<String>,
    #[serde(rename = "SequenceNumber", skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

pub(crate) struct SendMessageBatch;

impl Action for SendMessageBatch {
    const NAME: &'static str = "SendMessageBatch";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = Outcome<Succeeded>;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Outcome<Succeeded>, ServiceError> {
        let Opened { queue, record } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        batch::check_ids(
            "SendMessageBatchRequestEntry",
            input.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        check_size(&input.entries)?;
        sqs.digests.digest(input.entries.iter().map(|entry| &entry.message_body)).await;
        let mut outcome = Outcome::new();
        let mut ready = Vec::new();
        for entry in input.entries {
            let id = entry.id.clone();
            match prepare(sqs, context, &queue, &record.attributes, entry) {
                Ok(one) => ready.push(one),
                Err(Unfit::NoGroup) => {
                    let text = "The request must contain the parameter MessageGroupId.";
                    return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
                }
                Err(unfit) => outcome.failed.push(Failed::new(id, of_entry(unfit))),
            }
        }
        let hops: Vec<_> = ready.iter().map(|one| sqs.sending(context, &one.prepared)).collect();
        let going = ready.iter().filter(|one| one.held_back.is_ok());
        let enqueue = going.map(|one| one.prepared.enqueue.clone()).collect();
        let sent = sqs.engine.commit(Commit { home: None, enqueue }).await.map_err(errors::of_queue)?;
        let mut sent = sent.into_iter();
        for (Ready { id, prepared, md5_of_message_system_attributes, held_back }, hop) in
            ready.into_iter().zip(hops)
        {
            let sent = match held_back {
                Err(held_back) => sqs.hold_back(hop, &prepared, held_back),
                Ok(()) => {
                    let sent = sent.next();
                    let sent = sent.ok_or_else(|| ServiceError::internal("a commit answered too little"))?;
                    sqs.tell_sent(hop, sent);
                    sent
                }
            };
            outcome.successful.push(Succeeded {
                id,
                message_id: id_text(sent.message_id).into(),
                md5_of_message_body: prepared.md5_of_body.into(),
                md5_of_message_attributes: prepared.md5_of_attributes,
                md5_of_message_system_attributes,
                sequence_number: sent.sequence_number.map(sequence_text),
            });
        }
        Ok(outcome)
    }
}

/// Bodies and attributes of all entries together.
fn check_size(entries: &[Entry]) -> Result<(), ServiceError> {
    let attributes = |entry: &Entry| -> usize {
        let all = entry.message_attributes.iter().flatten();
        all.map(|(name, value)| {
            let text = value.string_value.as_ref().map_or(0, String::len);
            let binary = value.binary_value.as_ref().map_or(0, |blob| blob.0.len());
            name.len() + value.data_type.len() + text + binary
        })
        .sum()
    };
    let bytes: usize =
        entries.iter().map(|entry| entry.message_body.as_str().len() + attributes(entry)).sum();
    if bytes <= limits::BATCH_BYTES_MAX {
        return Ok(());
    }
    let max = limits::BATCH_BYTES_MAX;
    let text = format!("Batch requests cannot be longer than {max} bytes. You have sent {bytes} bytes.");
    Err(ServiceError::new(&errors::BATCH_TOO_LONG, text))
}

/// An entry that may be sent.
struct Ready {
    id: String,
    prepared: Prepared,
    md5_of_message_system_attributes: Option<String>,
    held_back: Result<(), HeldBack>,
}

fn prepare(
    sqs: &Sqs,
    context: &Context,
    queue: &Queue,
    attributes: &Attributes,
    entry: Entry,
) -> Result<Ready, Unfit> {
    let system = message::system_attributes(entry.message_system_attributes.unwrap_or_default())
        .map_err(Unfit::Other)?;
    let outgoing = Outgoing {
        body: entry.message_body,
        attributes: message_attributes::parse(entry.message_attributes.unwrap_or_default())
            .map_err(Unfit::Other)?,
        trace_header: trace(context, system.trace_header),
        delay_seconds: entry.delay_seconds,
        group: entry.message_group_id,
        deduplication_id: entry.message_deduplication_id,
        sender_id: sender_id(context),
    };
    Ok(Ready {
        id: entry.id,
        held_back: held_back(context, outgoing.trace_header.as_deref(), &queue.key),
        prepared: sqs.prepare(queue, attributes, outgoing)?,
        md5_of_message_system_attributes: system.md5,
    })
}

/// As an entry of a batch words it.
fn of_entry(unfit: message::Unfit) -> ServiceError {
    match unfit {
        Unfit::TooLong(max) => ServiceError::new(
            &errors::INVALID_PARAMETER,
            format!(
                "One or more parameters cannot be validated. Reason: Message must be shorter than {max} bytes."
            ),
        ),
        other => other.of_single(),
    }
}
