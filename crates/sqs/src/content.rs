//! A message's content as the engine stores it, opaque to it. The format is described in
//! `docs/formats/sqs-message.md`.
//!
//! Version (1 byte), length of the head (4 bytes, little-endian), the head, then the body to the end.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use service::Blob;
use service::ports::{MessageAttribute, MessageAttributeValue};

const VERSION: u8 = 1;
const PREFIX: usize = 5;
/// What most heads fit in: room that is asked for at once.
const HEAD_BYTES: usize = 128;

/// A message as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) body: Bytes,
    pub(crate) md5_of_body: [u8; 16],
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) sender_id: String,
    pub(crate) trace_header: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
}

/// Everything but the body.
#[derive(Serialize, Deserialize)]
struct Head {
    md5_of_body: [u8; 16],
    attributes: Vec<(String, String, Value)>,
    sender_id: String,
    trace_header: Option<String>,
    group: Option<String>,
    deduplication_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum Value {
    Text(String),
    Binary(Vec<u8>),
}

/// Bytes that are no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored message cannot be read: {0}")]
pub(crate) struct ContentError(String);

impl Content {
    pub(crate) fn encode(&self) -> Bytes {
        let attributes = self.attributes.iter().map(|(name, attribute)| {
            let value = match &attribute.value {
                MessageAttributeValue::Text(text) => Value::Text(text.clone()),
                MessageAttributeValue::Binary(blob) => Value::Binary(blob.0.to_vec()),
            };
            (name.clone(), attribute.data_type.clone(), value)
        });
        let head = Head {
            md5_of_body: self.md5_of_body,
            attributes: attributes.collect(),
            sender_id: self.sender_id.clone(),
            trace_header: self.trace_header.clone(),
            group: self.group.clone(),
            deduplication_id: self.deduplication_id.clone(),
        };
        let mut bytes = Vec::with_capacity(PREFIX + HEAD_BYTES + self.body.len());
        bytes.extend([VERSION, 0, 0, 0, 0]);
        let mut bytes =
            postcard::to_extend(&head, bytes).expect("a head holds nothing that postcard cannot write");
        let length =
            u32::try_from(bytes.len() - PREFIX).expect("attributes are bounded by the message's size");
        bytes[1..PREFIX].copy_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.body);
        bytes.into()
    }

    /// The body shares the given bytes.
    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, ContentError> {
        let wrong = |reason: &str| ContentError(reason.to_owned());
        let prefix = bytes.first_chunk::<PREFIX>().ok_or_else(|| wrong("too short"))?;
        if prefix[0] != VERSION {
            return Err(ContentError(format!("version {} is not known", prefix[0])));
        }
        let length = u32::from_le_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        let head =
            bytes.get(PREFIX..PREFIX.saturating_add(length)).ok_or_else(|| wrong("shorter than it says"))?;
        let head: Head = postcard::from_bytes(head).map_err(|error| ContentError(error.to_string()))?;
        let attributes = head.attributes.into_iter().map(|(name, data_type, value)| {
            let value = match value {
                Value::Text(text) => MessageAttributeValue::Text(text),
                Value::Binary(bytes) => MessageAttributeValue::Binary(Blob(bytes.into())),
            };
            (name, MessageAttribute { data_type, value })
        });
        Ok(Self {
            body: bytes.slice(PREFIX + length..),
            md5_of_body: head.md5_of_body,
            attributes: attributes.collect(),
            sender_id: head.sender_id,
            trace_header: head.trace_header,
            group: head.group,
            deduplication_id: head.deduplication_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        let value = MessageAttributeValue::Binary(Blob(Bytes::from_static(b"\x00\xff")));
        let content = Content {
            body: Bytes::from_static("本文".as_bytes()),
            md5_of_body: [7; 16],
            attributes: BTreeMap::from([(
                "a".into(),
                MessageAttribute { data_type: "Binary".into(), value },
            )]),
            sender_id: "me".into(),
            trace_header: Some("Root=1".into()),
            group: None,
            deduplication_id: Some("d".into()),
        };
        let encoded = content.encode();
        assert_eq!(Content::decode(&encoded), Ok(content));
        for length in 0..PREFIX + 3 {
            assert!(Content::decode(&encoded.slice(..length)).is_err());
        }
        assert!(Content::decode(&Bytes::from_static(b"\x02\0\0\0\0")).is_err());
    }
}
