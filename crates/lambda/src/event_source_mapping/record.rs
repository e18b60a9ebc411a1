//! The event that a function gets: received messages as `Records`.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>

use std::collections::BTreeMap;

use aws::{Arn, TraceHeader};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use service::Blob;
use service::ports::{MessageAttribute, MessageAttributeValue, QueueRecord};

use crate::recursion::Lineage;

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "Records")]
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: Text<'a>,
    receipt_handle: Text<'a>,
    body: Text<'a>,
    attributes: SystemAttributes<'a>,
    message_attributes: BTreeMap<&'a str, Attribute<'a>>,
    #[serde(rename = "md5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<&'a str>,
    #[serde(rename = "md5OfBody")]
    md5_of_body: Text<'a>,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: Text<'a>,
    aws_region: Text<'a>,
}

struct SystemAttributes<'a>(&'a BTreeMap<&'static str, String>);

impl Serialize for SystemAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Text(value))))
    }
}

/// A text: as bytes it is looked through, and copied where nothing is to be escaped, many at a time.
struct Text<'a>(&'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_bytes())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attribute<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<&'a Blob>,
    string_list_values: [&'static str; 0],
    binary_list_values: [&'static str; 0],
    data_type: &'a str,
}

/// The event of a batch.
pub(super) fn event(queue: &Arn, messages: &[QueueRecord]) -> Bytes {
    let records = messages.iter().map(|message| record(queue, message)).collect();
    let room = FRAME + messages.iter().map(|message| message.body.len() + FRAME + FRAME).sum::<usize>();
    service::json(&Event { records }, room).into()
}

/// A message as filters see it: the record of the event.
pub(super) fn as_json(queue: &Arn, message: &QueueRecord) -> Json {
    serde_json::from_slice(&service::json(&record(queue, message), FRAME)).expect("it was just written")
}

fn record<'a>(queue: &'a Arn, message: &'a QueueRecord) -> Record<'a> {
    Record {
        message_id: Text(&message.message_id),
        receipt_handle: Text(&message.receipt_handle),
        body: Text(&message.body),
        attributes: SystemAttributes(&message.attributes),
        message_attributes: message
            .message_attributes
            .iter()
            .map(|(name, value)| (name.as_str(), attribute(value)))
            .collect(),
        md5_of_message_attributes: message.md5_of_message_attributes.as_deref(),
        md5_of_body: Text(&message.md5_of_body),
        event_source: "aws:sqs",
        event_source_arn: Text(queue.as_str()),
        aws_region: Text(queue.region()),
    }
}

fn attribute(attribute: &MessageAttribute) -> Attribute<'_> {
    let (string_value, binary_value) = match &attribute.value {
        MessageAttributeValue::Text(text) => (Some(text.as_str()), None),
        MessageAttributeValue::Binary(blob) => (None, Some(blob)),
    };
    Attribute {
        string_value,
        binary_value,
        string_list_values: [],
        binary_list_values: [],
        data_type: &attribute.data_type,
    }
}

/// The trace that a message came with.
pub(super) fn trace(message: &QueueRecord) -> Option<TraceHeader> {
    message.attributes.get("AWSTraceHeader").and_then(|text| TraceHeader::parse(text))
}

/// The functions that a batch's messages have gone through.
pub(super) fn lineage(messages: &[QueueRecord]) -> Lineage {
    let mut lineage = Lineage::default();
    for message in messages {
        lineage.join(Lineage::of(trace(message).as_ref()));
    }
    lineage
}

/// Names of a record's members and what stands around their values, bytes.
const FRAME: usize = 400;
/// The same for an attribute.
const FRAME_OF_ONE: usize = 100;
const QUEUE_NAME_MAX: usize = 80;
/// No byte is written as more than so many.
const ESCAPED_MAX: usize = 6;

/// Bytes of a message in the event, closely enough to keep batches below the payload limit: text may be escaped.
pub(super) fn measure(message: &QueueRecord) -> usize {
    measured(message, escaped)
}

/// The same without a look at the text.
fn at_most(message: &QueueRecord) -> usize {
    measured(message, |text| text.len() * ESCAPED_MAX)
}

fn measured(message: &QueueRecord, escaped: impl Fn(&str) -> usize) -> usize {
    let system: usize =
        message.attributes.iter().map(|(name, value)| name.len() + escaped(value) + FRAME_OF_ONE).sum();
    let attributes: usize = message
        .message_attributes
        .iter()
        .map(|(name, attribute)| {
            let value = match &attribute.value {
                MessageAttributeValue::Text(text) => escaped(text),
                MessageAttributeValue::Binary(blob) => blob.0.len() * 4 / 3 + 4,
            };
            escaped(name) + escaped(&attribute.data_type) + value + FRAME_OF_ONE
        })
        .sum();
    FRAME + QUEUE_NAME_MAX + message.receipt_handle.len() + escaped(&message.body) + system + attributes
}

/// Messages in as few groups as fit a call each, in order.
pub(super) fn split(messages: Vec<QueueRecord>, bytes_max: usize) -> Vec<Vec<QueueRecord>> {
    if !messages.is_empty() && messages.iter().map(at_most).sum::<usize>() <= bytes_max {
        return vec![messages];
    }
    let mut groups: Vec<Vec<QueueRecord>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let measure = measure(&message);
        match groups.last_mut() {
            Some(group) if bytes + measure <= bytes_max => {
                group.push(message);
                bytes += measure;
            }
            _ => {
                groups.push(vec![message]);
                bytes = measure;
            }
        }
    }
    groups
}

fn escaped(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
            0..=31 => ESCAPED_MAX,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::testing::message;

    #[test]
    fn a_record_has_aws_shape() {
        let queue: Arn = "arn:aws:sqs:us-east-2:123456789012:my-queue".parse().unwrap();
        let mut message = message("m1", "Test message.");
        message.message_attributes.insert(
            "myAttribute".to_owned(),
            MessageAttribute {
                data_type: "String".to_owned(),
                value: MessageAttributeValue::Text("myValue".to_owned()),
            },
        );
        let event: Json = serde_json::from_slice(&event(&queue, &[message])).unwrap();
        assert_eq!(
            event,
            json!({"Records": [{
                "messageId": "m1",
                "receiptHandle": "handle of m1",
                "body": "Test message.",
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {"myAttribute": {
                    "stringValue": "myValue", "stringListValues": [], "binaryListValues": [], "dataType": "String",
                }},
                "md5OfBody": "md5 of m1",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
                "awsRegion": "us-east-2",
            }]})
        );
    }

    #[test]
    fn the_measure_is_never_below_the_event() {
        let queue: Arn = "arn:aws:sqs:us-east-2:123456789012:my-queue".parse().unwrap();
        for body in ["", "plain", "\"\\\n\u{1}\u{1f}", "日本語"] {
            let message = message("m1", body);
            let bytes = event(&queue, std::slice::from_ref(&message)).len();
            assert!(measure(&message) >= bytes && at_most(&message) >= measure(&message), "{body:?}");
        }
    }

    #[test]
    fn what_is_too_large_for_one_call_is_split_in_order() {
        let messages: Vec<QueueRecord> =
            ["1", "2", "3", "4", "5"].iter().map(|id| message(id, "x")).collect();
        let two = 2 * measure(&messages[0]);
        let groups = split(messages, two);
        let ids: Vec<Vec<&str>> = groups
            .iter()
            .map(|group| group.iter().map(|message| message.message_id.as_str()).collect())
            .collect();
        assert_eq!(ids, [vec!["1", "2"], vec!["3", "4"], vec!["5"]]);
        assert_eq!(split(vec![message("1", "x")], 0).len(), 1, "a message is never left out");
    }
}
