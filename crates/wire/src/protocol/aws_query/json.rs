//! Answers of the Query protocol in JSON, for requests that accept it.

use serde::Serialize;
use serde_json::json;

use super::super::{Reply, aws_json, reply};
use crate::Fault;

const CONTENT_TYPE: &str = "application/json";

/// `{"<Action>Response": {"<Action>Result": …, "ResponseMetadata": …}}`; an output of type `()` has no result.
pub(crate) fn encode<T: Serialize>(action: &str, request_id: &str, output: &T) -> Reply {
    let mut body = format!("{{\"{action}Response\":{{").into_bytes();
    let document = aws_json::document(output);
    if document != b"null" {
        body.extend(format!("\"{action}Result\":").bytes());
        body.extend(document);
        body.push(b',');
    }
    body.extend(format!("\"ResponseMetadata\":{{\"RequestId\":\"{request_id}\"}}}}}}").bytes());
    reply(200, CONTENT_TYPE, request_id, body.into())
}

pub(crate) fn encode_fault(request_id: &str, fault: &Fault) -> Reply {
    let side = if fault.sender { "Sender" } else { "Receiver" };
    let message = fault.query_message.unwrap_or(&fault.message);
    let error = json!({"Type": side, "Code": fault.query_code, "Message": message});
    let body = json!({"Error": error, "RequestId": request_id});
    reply(fault.status, CONTENT_TYPE, request_id, body.to_string().into())
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn an_answer_is_wrapped_as_in_xml() {
        let answer = encode("ListQueues", "id", &json!({"QueueUrls": ["u"]}));
        let expected = json!({"ListQueuesResponse": {
            "ListQueuesResult": {"QueueUrls": ["u"]}, "ResponseMetadata": {"RequestId": "id"},
        }});
        assert_eq!(serde_json::from_slice::<Json>(&answer.body).unwrap(), expected);
        let nothing = encode("DeleteQueue", "id", &());
        let expected = json!({"DeleteQueueResponse": {"ResponseMetadata": {"RequestId": "id"}}});
        assert_eq!(serde_json::from_slice::<Json>(&nothing.body).unwrap(), expected);
    }
}
