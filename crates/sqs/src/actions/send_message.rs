//! Stores one message; durable when it answers.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

use engine::{Commit, QueueKey};
use serde::{Deserialize, Serialize};
use service::ports::SharedText;
use service::way::{self, HeldBack};
use service::{Action, Context, ServiceError, Text};

use crate::access::Opened;
use crate::message::{self, Outgoing, Unfit, id_text, sequence_text};
use crate::message_attributes::{self, AttributeValues};
use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    message_body: SharedText,
    delay_seconds: Option<i64>,
    message_attributes: Option<AttributeValues>,
    message_system_attributes: Option<AttributeValues>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Output {
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

pub(crate) struct SendMessage;

impl Action for SendMessage {
    const NAME: &'static str = "SendMessage";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let Opened { queue, record } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        let system = message::system_attributes(input.message_system_attributes.unwrap_or_default())?;
        let outgoing = Outgoing {
            body: input.message_body,
            attributes: message_attributes::parse(input.message_attributes.unwrap_or_default())?,
            trace_header: trace(context, system.trace_header),
            delay_seconds: input.delay_seconds,
            group: input.message_group_id,
            deduplication_id: input.message_deduplication_id,
            sender_id: sender_id(context),
        };
        let held_back = held_back(context, outgoing.trace_header.as_deref(), &queue.key);
        sqs.digests.digest(std::iter::once(&outgoing.body)).await;
        let prepared = sqs.prepare(&queue, &record.attributes, outgoing).map_err(Unfit::of_single)?;
        let hop = sqs.sending(context, &prepared);
        let sent = match held_back {
            Err(held_back) => sqs.hold_back(hop, &prepared, held_back),
            Ok(()) => {
                let commit = Commit { home: None, enqueue: vec![prepared.enqueue] };
                let sent = sqs.engine.commit(commit).await.map_err(errors::of_queue)?;
                let sent = sent.first().copied();
                let sent = sent.ok_or_else(|| ServiceError::internal("a commit answered nothing"))?;
                sqs.tell_sent(hop, sent);
                sent
            }
        };
        Ok(Output {
            message_id: id_text(sent.message_id).into(),
            md5_of_message_body: prepared.md5_of_body.into(),
            md5_of_message_attributes: prepared.md5_of_attributes,
            md5_of_message_system_attributes: system.md5,
            sequence_number: sent.sequence_number.map(sequence_text),
        })
    }
}

/// The explicit system attribute wins over the request's header.
pub(super) fn trace(context: &Context, explicit: Option<String>) -> Option<String> {
    explicit.or_else(|| context.trace.as_ref().map(ToString::to_string))
}

/// Whether a replay ends before this queue: as the request's header says, or the message's own.
pub(super) fn held_back(context: &Context, own: Option<&str>, queue: &QueueKey) -> Result<(), HeldBack> {
    way::into(context.trace_text(), queue.as_str()).and_then(|()| way::into(own, queue.as_str()))
}

/// `SenderId`: the account stands for its user.
pub(super) fn sender_id(context: &Context) -> String {
    context.caller.account.to_string()
}
