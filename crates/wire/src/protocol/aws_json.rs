//! awsJson 1.0 and 1.1.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::{Reply, reply};
use crate::{DecodeError, Fault};

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let body: &[u8] = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| from_json_error(&error))
}

/// serde reports an absent member by this text only; a test holds it.
pub(super) fn from_json_error(error: &serde_json::Error) -> DecodeError {
    let text = error.to_string();
    match text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((member, _)) => DecodeError::Missing(member.to_owned()),
        None => DecodeError::Malformed(text),
    }
}

/// What most answers fit in: room that is asked for at once.
const ANSWER_BYTES: usize = 256;

pub(super) fn encode<T: Serialize>(content_type: &'static str, request_id: &str, output: &T) -> Reply {
    let body = document(output);
    let body = if body == b"null" { Bytes::from_static(b"{}") } else { body.into() };
    reply(200, content_type, request_id, body)
}

/// An output as JSON; `null` for one of type `()`.
pub(super) fn document<T: Serialize>(output: &T) -> Vec<u8> {
    crate::json(output, ANSWER_BYTES)
}

pub(super) fn encode_fault(
    content_type: &'static str,
    query_error: bool,
    request_id: &str,
    fault: &Fault,
) -> Reply {
    let mut document = Map::new();
    document.insert("__type".to_owned(), Json::String(fault.shape.clone().into_owned()));
    document.insert("message".to_owned(), Json::String(fault.message.clone()));
    document
        .extend(fault.members.iter().map(|(name, value)| ((*name).to_owned(), Json::String(value.clone()))));
    let mut reply = reply(fault.status, content_type, request_id, Json::Object(document).to_string().into());
    if query_error {
        let side = if fault.sender { "Sender" } else { "Receiver" };
        super::set(&mut reply.headers, "x-amzn-query-error", &format!("{};{side}", fault.query_code));
    }
    reply
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        queue_name: String,
        delay: Option<u32>,
    }

    #[test]
    fn an_absent_required_member_is_named() {
        assert_eq!(decode::<Input>(b"{}"), Err(DecodeError::Missing("QueueName".into())));
        assert_eq!(decode::<Input>(b""), Err(DecodeError::Missing("QueueName".into())));
    }

    #[test]
    fn a_number_is_read_as_the_nearest_there_is() {
        // Found by the fuzzer: read without care it is one too few in its last place.
        let number = 133_333_333_333_333_333_333_333_333_333_333_333_333_333_333_333_333_331.5;
        let body = serde_json::to_vec(&[number]).unwrap();
        assert_eq!(decode::<[f64; 1]>(&body), Ok([number]));
    }

    #[test]
    fn unknown_members_are_ignored_and_wrong_types_refused() {
        let input = decode::<Input>(br#"{"QueueName":"q","New":[1]}"#).unwrap();
        assert_eq!(input, Input { queue_name: "q".into(), delay: None });
        for wrong in [r#"{"QueueName":1}"#, "[", "{\"QueueName\":\"q\",\"Delay\":\"5\"}", "nonsense"] {
            assert!(matches!(decode::<Input>(wrong.as_bytes()), Err(DecodeError::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn binary_members_are_base64() {
        let blob: crate::Blob = decode(br#""AAE=""#).unwrap();
        assert_eq!(&blob.0[..], b"\x00\x01");
        assert!(decode::<crate::Blob>(br#""AAE""#).is_err());
    }

    #[test]
    fn a_fault_carries_shape_message_and_query_code() {
        let fault = Fault {
            shape: "com.amazonaws.sqs#QueueDoesNotExist".into(),
            query_code: "AWS.SimpleQueueService.NonExistentQueue".into(),
            status: 400,
            sender: true,
            message: "The specified queue does not exist.".into(),
            query_message: None,
            members: Vec::new(),
        };
        let reply = encode_fault("application/x-amz-json-1.0", true, "id", &fault);
        assert_eq!(reply.headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
        assert_eq!(reply.headers["x-amzn-requestid"], "id");
        assert_eq!(
            reply.body,
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#
        );
    }

    #[test]
    fn an_output_without_members_is_an_empty_document() {
        assert_eq!(encode("application/x-amz-json-1.0", "id", &()).body, "{}");
    }
}
