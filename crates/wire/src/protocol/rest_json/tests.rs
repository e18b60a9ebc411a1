//! Members go where the table says, both ways.

use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{decode, encode, encode_fault};
use crate::{Binding, Blob, DecodeError, Fault, Method, Protocol, Request, Rest};

const INVOKE: Rest = Rest {
    query: &[Binding { member: "Qualifier", name: "Qualifier" }],
    headers: &[Binding { member: "InvocationType", name: "x-amz-invocation-type" }],
    payload: Some("Payload"),
    output_headers: &[Binding { member: "FunctionError", name: "x-amz-function-error" }],
    output_status: Some("StatusCode"),
    output_payload: Some("Payload"),
    ..Rest::new(Method::Post, "/functions/{FunctionName}/invocations", 200)
};
const GONE: Rest = Rest::new(Method::Delete, "/x", 204);
const LIST: Rest = Rest {
    query: &[Binding { member: "MaxItems", name: "MaxItems" }, Binding { member: "Keys", name: "keys" }],
    ..Rest::new(Method::Get, "/functions", 200)
};

fn request(rest: &'static Rest, query: &str, body: &'static str) -> Request {
    Request {
        protocol: Protocol::RestJson(rest),
        action: "X",
        path_members: vec![("FunctionName", "f".into())],
        query: query.into(),
        headers: HeaderMap::from_iter([("x-amz-invocation-type".parse().unwrap(), "Event".parse().unwrap())]),
        body: Bytes::from_static(body.as_bytes()),
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InvokeInput {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    payload: Option<Blob>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    max_items: Option<u32>,
    #[serde(default)]
    keys: Vec<String>,
    name: Option<String>,
}

#[test]
fn members_come_from_path_query_header_and_bare_body() {
    let input: InvokeInput = decode(&INVOKE, &request(&INVOKE, "Qualifier=a%20b", "{\"x\":1}")).unwrap();
    let payload = Some(Blob(Bytes::from_static(b"{\"x\":1}")));
    let expected = InvokeInput {
        function_name: "f".into(),
        qualifier: Some("a b".into()),
        invocation_type: Some("Event".into()),
        payload,
    };
    assert_eq!(input, expected);
}

#[test]
fn numbers_and_lists_come_from_text_and_the_rest_from_the_body() {
    let input: ListInput =
        decode(&LIST, &request(&LIST, "MaxItems=7&keys=a&keys=b", "{\"Name\":\"n\"}")).unwrap();
    assert_eq!(
        input,
        ListInput { max_items: Some(7), keys: vec!["a".into(), "b".into()], name: Some("n".into()) }
    );
    let wrong = decode::<ListInput>(&LIST, &request(&LIST, "MaxItems=x", ""));
    assert!(matches!(wrong, Err(DecodeError::Malformed(_))), "{wrong:?}");
    let wrong = decode::<ListInput>(&LIST, &request(&LIST, "", "{"));
    assert!(matches!(wrong, Err(DecodeError::Malformed(_))), "{wrong:?}");
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    status_code: u16,
    function_error: Option<String>,
    payload: Blob,
}

#[test]
fn outputs_are_split_into_status_headers_and_bare_body() {
    let output = Output {
        status_code: 202,
        function_error: Some("Unhandled".into()),
        payload: Blob(Bytes::from_static(b"hi")),
    };
    let reply = encode(&INVOKE, "rid", &output);
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (202, &b"hi"[..]));
    assert_eq!(reply.headers["x-amz-function-error"], "Unhandled");
    assert_eq!(encode(&LIST, "rid", &()).body, "{}");
    assert_eq!(encode(&GONE, "rid", &()).body, "");
}

#[test]
fn a_fault_names_its_shape_in_a_header() {
    let fault = Fault {
        shape: "com.amazonaws.lambda#ResourceNotFoundException".into(),
        query_code: "x".into(),
        status: 404,
        sender: true,
        message: "Function not found: f".into(),
        query_message: None,
        members: Vec::new(),
    };
    let reply = encode_fault("rid", &fault);
    assert_eq!(reply.headers["x-amzn-errortype"], "ResourceNotFoundException");
    assert_eq!(reply.body, r#"{"Message":"Function not found: f","Type":"User"}"#);
}
