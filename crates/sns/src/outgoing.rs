//! A message on its way in: checked against the topic and AWS's rules.

use std::collections::BTreeMap;

use service::ServiceError;
use sha2::{Digest as _, Sha256};

use crate::message_attributes::{self, AttributeValue, MessageAttributes};
use crate::records::TopicRecord;
use crate::{arns, errors, large_messages, limits, message_structure};

/// What a publisher gives.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) message: String,
    pub(crate) subject: Option<String>,
    pub(crate) structure: Option<String>,
    pub(crate) attributes: Option<BTreeMap<String, AttributeValue>>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
}

/// A message that may be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The message for each protocol; `default` for all others.
    pub(crate) messages: BTreeMap<String, String>,
    pub(crate) subject: Option<String>,
    pub(crate) attributes: MessageAttributes,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    /// Bytes that count.
    pub(crate) size: usize,
}

impl Outgoing {
    /// Checked against a topic's rules, or those of a single recipient.
    pub(crate) fn parse(topic: Option<&TopicRecord>, given: Given) -> Result<Self, ServiceError> {
        if given.message.is_empty() {
            return Err(errors::invalid("Empty message"));
        }
        let attributes = message_attributes::parse(given.attributes.unwrap_or_default())?;
        let size = given.message.len() + message_attributes::size(&attributes);
        if size > topic.map_or(limits::MESSAGE_BYTES_DEFAULT, large_messages::bytes_max) {
            return Err(errors::invalid("Message too long"));
        }
        if let Some(subject) = &given.subject {
            check_subject(subject)?;
        }
        let messages = match given.structure.as_deref() {
            None | Some("") => BTreeMap::from([("default".to_owned(), given.message)]),
            Some("json") => message_structure::by_protocol(&given.message)?,
            Some(_) => return Err(errors::invalid("MessageStructure")),
        };
        let default = messages.get("default").cloned().unwrap_or_default();
        let (group, deduplication_id) = fifo_ids(topic, &default, given.group, given.deduplication_id)?;
        Ok(Self { messages, subject: given.subject, attributes, group, deduplication_id, size })
    }

    /// The message for a protocol.
    pub(crate) fn message(&self, protocol: &str) -> &str {
        let own = self.messages.get(protocol);
        own.or_else(|| self.messages.get("default")).map(String::as_str).unwrap_or_default()
    }
}

fn check_subject(subject: &str) -> Result<(), ServiceError> {
    let fits = !subject.is_empty()
        && subject.chars().count() <= limits::SUBJECT_MAX
        && !subject.starts_with(' ')
        && !subject.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(errors::invalid("Subject")) }
}

fn fifo_ids(
    topic: Option<&TopicRecord>,
    message: &str,
    group: Option<String>,
    deduplication_id: Option<String>,
) -> Result<(Option<String>, Option<String>), ServiceError> {
    for (name, id) in [("MessageGroupId", &group), ("MessageDeduplicationId", &deduplication_id)] {
        let fits = |id: &String| {
            (1..=limits::FIFO_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !id.as_ref().is_none_or(fits) {
            return Err(errors::invalid(&format!(
                "{name} Reason: can only include alphanumeric and punctuation characters. 1 to 128 in length"
            )));
        }
    }
    let Some(topic) = topic.filter(|topic| arns::is_fifo(&topic.arn)) else {
        if deduplication_id.is_some() {
            let text = "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type";
            return Err(errors::invalid(text));
        }
        return Ok((group, None));
    };
    if group.is_none() {
        return Err(errors::invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    let by_content = topic.attributes.get("ContentBasedDeduplication").is_some_and(|value| value == "true");
    match deduplication_id {
        Some(id) => Ok((group, Some(id))),
        None if by_content => Ok((group, Some(hex::encode(Sha256::digest(message))))),
        None => Err(errors::invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}
