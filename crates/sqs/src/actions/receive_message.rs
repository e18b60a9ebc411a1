//! Hands out up to ten messages, waiting for the first one if asked to.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{Delivery, QueueKey, Receive};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError, Text};

use crate::access::Opened;
use crate::content::Content;
use crate::message::id_text;
use crate::message_attributes::{self, AttributeValues};
use crate::queue_attributes::Attributes;
use crate::{Sqs, digest, errors, fifo, limits, queue_attributes, receive_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    attribute_names: Option<Vec<String>>,
    message_system_attribute_names: Option<Vec<String>>,
    message_attribute_names: Option<Vec<String>>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    receive_request_attempt_id: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    #[serde(rename = "MessageId")]
    message_id: Text,
    #[serde(rename = "ReceiptHandle")]
    receipt_handle: Text,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Text,
    #[serde(rename = "Body")]
    body: Text,
    #[serde(rename = "Attributes", skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<String>,
    #[serde(rename = "MessageAttributes", skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: AttributeValues,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Message>,
}

pub(crate) struct ReceiveMessage;

impl Action for ReceiveMessage {
    const NAME: &'static str = "ReceiveMessage";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let Opened { queue, record } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        let key = queue.key.clone();
        let mut system = input.message_system_attribute_names.unwrap_or_default();
        system.extend(input.attribute_names.unwrap_or_default());
        receive_attributes::check(&system)?;
        let attempt_id = attempt_id(input.receive_request_attempt_id, &record.attributes)?;
        let wait_default = queue_attributes::wait_seconds(&record.attributes);
        let receive = Receive {
            queue: key.clone(),
            max_messages: number(
                "MaxNumberOfMessages",
                input.max_number_of_messages,
                1,
                limits::RECEIVE_MESSAGES_MAX,
            )?
            .unwrap_or(1),
            visibility_timeout_seconds: visibility(input.visibility_timeout)?,
            wait: Duration::from_secs(wait(input.wait_time_seconds)?.unwrap_or(wait_default).into()),
            attempt_id,
        };
        let deliveries = sqs.engine.receive(receive).await.map_err(errors::of_queue)?;
        let user = input.message_attribute_names.unwrap_or_default();
        let shown = deliveries.into_iter().map(|delivery| message(sqs, &key, delivery, &system, &user));
        Ok(Output { messages: shown.collect::<Result<_, _>>()? })
    }
}

fn message(
    sqs: &Sqs,
    queue: &QueueKey,
    delivery: Delivery,
    system: &[String],
    user: &[String],
) -> Result<Message, ServiceError> {
    let content =
        Content::decode(&delivery.content).map_err(|error| ServiceError::internal(error.to_string()))?;
    sqs.tell_received(queue, &delivery, &content);
    let attributes = receive_attributes::system(system, &delivery, &content);
    let user = receive_attributes::user(user, content.attributes);
    Ok(Message {
        message_id: id_text(delivery.message_id).into(),
        receipt_handle: delivery.receipt_handle.into(),
        md5_of_body: hex::encode(content.md5_of_body).into(),
        body: Text(content.body),
        attributes,
        // Over the attributes that are returned, not over those that there are.
        md5_of_message_attributes: digest::of_attributes(&user),
        message_attributes: user
            .into_iter()
            .map(|(name, value)| (name, message_attributes::shown(value)))
            .collect(),
    })
}

fn number(parameter: &str, given: Option<i64>, least: i64, most: i64) -> Result<Option<u32>, ServiceError> {
    match given {
        Some(value) if !(least..=most).contains(&value) => {
            let reason = format!("Must be between {least} and {most}, if provided.");
            Err(errors::invalid(value, parameter, &reason))
        }
        other => Ok(other.and_then(|value| u32::try_from(value).ok())),
    }
}

fn wait(given: Option<i64>) -> Result<Option<u32>, ServiceError> {
    let fits = given.is_none_or(|value| (0..=limits::WAIT_SECONDS_MAX).contains(&value));
    if fits {
        return Ok(given.and_then(|value| u32::try_from(value).ok()));
    }
    let value = given.unwrap_or_default();
    Err(errors::invalid(value, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided."))
}

/// A visibility timeout in its range.
pub(super) fn visibility(given: Option<i64>) -> Result<Option<u32>, ServiceError> {
    match given {
        Some(value) if !(0..=limits::VISIBILITY_SECONDS_MAX).contains(&value) => {
            let reason = "VisibilityTimeout must be an integer between 0 and 43200";
            Err(errors::invalid(value, "VisibilityTimeout", reason))
        }
        other => Ok(other.and_then(|value| u32::try_from(value).ok())),
    }
}

/// Of FIFO queues only.
fn attempt_id(given: Option<String>, queue: &Attributes) -> Result<Option<Arc<str>>, ServiceError> {
    const PARAMETER: &str = "ReceiveRequestAttemptId";
    let Some(id) = given else { return Ok(None) };
    if !queue_attributes::is_fifo(queue) {
        return Err(errors::invalid(id, PARAMETER, fifo::NOT_OF_THIS_TYPE));
    }
    fifo::check(PARAMETER, &id)?;
    Ok(Some(Arc::from(id)))
}
