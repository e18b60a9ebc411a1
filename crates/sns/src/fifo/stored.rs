//! A message as it waits in its topic's queue. Version 1.

use std::collections::BTreeMap;

use aws::{TraceHeader, timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::Timestamp;
use serde::{Deserialize, Serialize};
use service::Blob;
use service::ports::{MessageAttribute, MessageAttributeValue};

use crate::message_attributes::MessageAttributes;
use crate::outgoing::Outgoing;

#[derive(Serialize, Deserialize)]
struct StoredMessage {
    version: u32,
    messages: BTreeMap<String, String>,
    subject: Option<String>,
    attributes: BTreeMap<String, StoredAttribute>,
    group: Option<String>,
    deduplication_id: Option<String>,
    timestamp: String,
    trace: Option<String>,
    /// The one subscription that is to get it, whatever its filter policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredAttribute {
    data_type: String,
    /// Base64 where the type is binary.
    value: String,
    binary: bool,
}

/// A message read back.
pub(crate) struct Waiting {
    pub(crate) outgoing: Outgoing,
    pub(crate) published_at: Timestamp,
    pub(crate) trace: Option<TraceHeader>,
    pub(crate) only: Option<String>,
}

pub(crate) fn encode(
    outgoing: &Outgoing,
    trace: Option<&TraceHeader>,
    only: Option<&str>,
    now: Timestamp,
) -> Bytes {
    let stored = StoredMessage {
        version: 1,
        messages: outgoing.messages.clone(),
        subject: outgoing.subject.clone(),
        attributes: outgoing.attributes.iter().map(|(name, one)| (name.clone(), stored(one))).collect(),
        group: outgoing.group.clone(),
        deduplication_id: outgoing.deduplication_id.clone(),
        timestamp: timestamp::iso_milliseconds(now.0),
        trace: trace.map(ToString::to_string),
        only: only.map(str::to_owned),
    };
    serde_json::to_vec(&stored).expect("text keys and plain values").into()
}

fn stored(attribute: &MessageAttribute) -> StoredAttribute {
    let (value, binary) = match &attribute.value {
        MessageAttributeValue::Text(text) => (text.clone(), false),
        MessageAttributeValue::Binary(blob) => (STANDARD.encode(&blob.0), true),
    };
    StoredAttribute { data_type: attribute.data_type.clone(), value, binary }
}

pub(crate) fn decode(content: &[u8]) -> Result<Waiting, String> {
    let stored: StoredMessage = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let attributes: Result<MessageAttributes, String> =
        stored.attributes.into_iter().map(|(name, one)| Ok((name, read(one)?))).collect();
    let outgoing = Outgoing {
        messages: stored.messages,
        subject: stored.subject,
        attributes: attributes?,
        group: stored.group,
        deduplication_id: stored.deduplication_id,
        // It was counted when the message came.
        size: 0,
    };
    let published_at = timestamp::parse_iso(&stored.timestamp)
        .map(Timestamp)
        .ok_or_else(|| format!("{} is no moment", stored.timestamp))?;
    let trace = stored.trace.as_deref().and_then(TraceHeader::parse);
    Ok(Waiting { outgoing, published_at, trace, only: stored.only })
}

fn read(stored: StoredAttribute) -> Result<MessageAttribute, String> {
    let value = if stored.binary {
        let bytes = STANDARD.decode(&stored.value).map_err(|error| error.to_string())?;
        MessageAttributeValue::Binary(Blob(bytes.into()))
    } else {
        MessageAttributeValue::Text(stored.value)
    };
    Ok(MessageAttribute { data_type: stored.data_type, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_from_before_one_subscription_could_be_named_is_for_all() {
        let old = br#"{"version":1,"messages":{"default":"m"},"subject":null,"attributes":{},"group":"g",
            "deduplication_id":"d","timestamp":"2026-01-01T00:00:00.000Z","trace":null}"#;
        let waiting = decode(old).unwrap();
        assert_eq!((waiting.outgoing.group.as_deref(), waiting.only), (Some("g"), None));
        let only = "arn:aws:sns:us-east-1:000000000000:t.fifo:s";
        let stored = encode(&waiting.outgoing, None, Some(only), Timestamp(0));
        assert_eq!(decode(&stored).unwrap().only.as_deref(), Some(only));
    }
}
