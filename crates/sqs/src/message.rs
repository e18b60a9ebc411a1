//! A message on its way in: checked, digested, encoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::TraceHeader;
use bytes::Bytes;
use engine::{Enqueue, MessageId, NewMessage, Queue, SpanId, TraceId};
use service::ServiceError;
use service::ports::{MessageAttribute, MessageAttributeValue, SharedText};
use uuid::Uuid;

use crate::content::Content;
use crate::queue_attributes::{self, Attributes};
use crate::{Sqs, digest, errors, fifo, hops, limits, message_attributes};

/// What a sender gave, attributes already checked.
pub(crate) struct Outgoing {
    pub(crate) body: SharedText,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) trace_header: Option<String>,
    pub(crate) delay_seconds: Option<i64>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sender_id: String,
}

/// A message ready to be committed, and what the sender is told of it.
pub(crate) struct Prepared {
    pub(crate) enqueue: Enqueue,
    pub(crate) md5_of_body: String,
    pub(crate) md5_of_attributes: Option<String>,
    /// Its trace and the hop that sends it, where it names one.
    pub(crate) trace: Option<(TraceId, SpanId)>,
}

/// Why a message is not accepted.
pub(crate) enum Unfit {
    /// FIFO without a group.
    NoGroup,
    /// Longer than the queue allows, bytes.
    TooLong(usize),
    /// Anything else.
    Other(ServiceError),
}

impl Unfit {
    /// As `SendMessage` words it.
    pub(crate) fn of_single(self) -> ServiceError {
        match self {
            Self::NoGroup => errors::missing("MessageGroupId"),
            Self::TooLong(max) => ServiceError::new(
                &errors::INVALID_PARAMETER,
                format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {max} bytes."
                ),
            ),
            Self::Other(error) => error,
        }
    }
}

/// XML 1.0's characters.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
pub(crate) fn is_allowed(character: char) -> bool {
    matches!(character, '\u{9}' | '\u{A}' | '\u{D}' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether a text has allowed characters only. Most have none but printable ASCII, which is told without decoding.
pub(crate) fn are_allowed(text: &str) -> bool {
    // Over all bytes, not up to the first: sixteen are looked at at once.
    let special = text.bytes().fold(0, |any, byte| any | u8::from(!(0x20..0x80).contains(&byte)));
    special == 0 || text.chars().all(is_allowed)
}

/// The bytes that count.
pub(crate) fn size(message: &Outgoing) -> usize {
    message.body.as_str().len() + message_attributes::size(&message.attributes)
}

impl Sqs {
    /// Checks a message against its queue and encodes it.
    pub(crate) fn prepare(
        &self,
        queue: &Queue,
        attributes: &Attributes,
        message: Outgoing,
    ) -> Result<Prepared, Unfit> {
        let bytes_max = queue_attributes::message_bytes_max(attributes);
        if size(&message) > bytes_max {
            return Err(Unfit::TooLong(bytes_max));
        }
        if message.body.as_str().is_empty() {
            return Err(Unfit::Other(errors::missing("MessageBody")));
        }
        if !are_allowed(message.body.as_str()) {
            let text = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
            return Err(Unfit::Other(ServiceError::new(&errors::INVALID_MESSAGE_CONTENTS, text)));
        }
        let delay_seconds = delay(message.delay_seconds, attributes).map_err(Unfit::Other)?;
        let ids = fifo::ids(attributes, message.body.as_str(), message.group, message.deduplication_id)
            .map_err(|error| error.map_or(Unfit::NoGroup, Unfit::Other))?;
        let md5_of_body = message.body.md5_or(digest::of_body);
        let md5_of_attributes = digest::of_attributes(&message.attributes);
        let trace = hops::header(message.trace_header.as_deref(), &message.attributes);
        let trace = trace.and_then(|header| TraceHeader::ids(&header));
        let content = Content {
            body: Bytes::from_owner(message.body),
            md5_of_body,
            attributes: message.attributes,
            sender_id: message.sender_id,
            trace_header: message.trace_header,
            group: ids.group.clone(),
            deduplication_id: ids.deduplication_id.clone(),
        };
        let new = NewMessage {
            id: MessageId(self.ids.uuid().as_u128()),
            content: content.encode(),
            delay_seconds,
            group: ids.group.map(Arc::from),
            deduplication_id: ids.deduplication_id.map(Arc::from),
        };
        Ok(Prepared {
            enqueue: Enqueue { queue: queue.key.clone(), message: new },
            md5_of_body: hex::encode(md5_of_body),
            md5_of_attributes,
            trace: trace.map(|(trace, parent)| (TraceId(trace), SpanId(parent))),
        })
    }
}

/// A message's own delay. FIFO queues delay as a whole only; 0 stands for the queue's.
fn delay(given: Option<i64>, attributes: &Attributes) -> Result<Option<u32>, ServiceError> {
    let Some(seconds) = given else { return Ok(None) };
    if !(0..=limits::DELAY_SECONDS_MAX).contains(&seconds) {
        return Err(errors::invalid(seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."));
    }
    if queue_attributes::is_fifo(attributes) {
        if seconds == 0 {
            return Ok(None);
        }
        return Err(errors::invalid(seconds, "DelaySeconds", fifo::NOT_OF_THIS_TYPE));
    }
    Ok(u32::try_from(seconds).ok())
}

/// As AWS writes a message id.
pub(crate) fn id_text(id: MessageId) -> String {
    Uuid::from_u128(id.0).as_hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// Twenty digits.
pub(crate) fn sequence_text(number: u64) -> String {
    format!("{number:020}")
}

/// What a sender gave as system attributes.
#[derive(Debug, Default)]
pub(crate) struct SystemAttributes {
    /// The only one there is.
    pub(crate) trace_header: Option<String>,
    /// Of what was given.
    pub(crate) md5: Option<String>,
}

/// Checks the system attributes.
pub(crate) fn system_attributes(
    given: message_attributes::AttributeValues,
) -> Result<SystemAttributes, ServiceError> {
    let mut header = None;
    for (name, value) in given {
        if name != "AWSTraceHeader" {
            let text = format!("Message (system) attribute '{name}' is not supported.");
            return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
        }
        if value.data_type != "String" {
            let text = format!("Message (system) attribute '{name}' must be of type String.");
            return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
        }
        header = value.string_value.filter(|text| !text.is_empty());
        if header.is_none() {
            let text = format!(
                "Message (system) attribute '{name}' must contain a non-empty value of type 'String'."
            );
            return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
        }
    }
    let md5 = header.clone().and_then(|header| {
        let value = MessageAttributeValue::Text(header);
        let attribute = MessageAttribute { data_type: "String".to_owned(), value };
        digest::of_attributes(&BTreeMap::from([("AWSTraceHeader".to_owned(), attribute)]))
    });
    Ok(SystemAttributes { trace_header: header, md5 })
}
