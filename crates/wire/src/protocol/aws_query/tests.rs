//! Both dialects, as AWS's documentation shows their requests and answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{decode, encode, encode_fault};
use crate::{Blob, DecodeError, Fault, QueryDialect, QueryName};

const FLAT: QueryDialect = QueryDialect {
    version: "2012-11-05",
    namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    flattened: true,
    path_member: Some("Url"),
    names: &[
        QueryName { action: "", member: "Attributes", element: "Attribute", key: "", value: "" },
        QueryName { action: "", member: "Names", element: "Name", key: "", value: "" },
        QueryName { action: "Send", member: "Entries", element: "SendEntry", key: "", value: "" },
        QueryName { action: "", member: "tags", element: "Tag", key: "Key", value: "Value" },
    ],
};
const NESTED: QueryDialect = QueryDialect {
    version: "2010-03-31",
    namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    flattened: false,
    path_member: None,
    names: &[QueryName { action: "", member: "MessageAttributes", element: "", key: "Name", value: "Value" }],
};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    delay: Option<i32>,
    data: Option<Blob>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Shape {
    url: Option<String>,
    names: Vec<String>,
    attributes: BTreeMap<String, String>,
    message_attributes: BTreeMap<String, Entry>,
    entries: Vec<Entry>,
    flag: Option<bool>,
    #[serde(rename = "tags")]
    tags: BTreeMap<String, String>,
}

#[test]
fn flattened_lists_and_maps_are_read() {
    let form =
        b"Action=Send&Url=http%3A%2F%2Fh%2Fq+1&Name.2=b&Name.1=a&Attribute.1.Name=X&Attribute.1.Value=1\
        &SendEntry.1.Id=one&SendEntry.1.Delay=-3&SendEntry.1.Data=aGk%3D&Flag=true&Tag.1.Key=k&Tag.1.Value=v";
    let shape: Shape = decode(&FLAT, "Send", form).unwrap();
    assert_eq!(shape.url.as_deref(), Some("http://h/q 1"));
    assert_eq!(shape.names, ["a", "b"]);
    assert_eq!(shape.attributes["X"], "1");
    assert_eq!(shape.tags["k"], "v");
    assert_eq!(shape.flag, Some(true));
    let data = Some(Blob(bytes::Bytes::from_static(b"hi")));
    assert_eq!(shape.entries, [Entry { id: "one".into(), delay: Some(-3), data }]);
}

#[test]
fn member_and_entry_lists_and_maps_are_read() {
    let form = b"Names.member.1=a&Attributes.entry.1.key=X&Attributes.entry.1.value=1\
        &MessageAttributes.entry.1.Name=m&MessageAttributes.entry.1.Value.Id=one";
    let shape: Shape = decode(&NESTED, "Publish", form).unwrap();
    assert_eq!(shape.names, ["a"]);
    assert_eq!(shape.attributes["X"], "1");
    assert_eq!(shape.message_attributes["m"].id, "one");
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_told() {
    let missing = decode::<Shape>(&FLAT, "Send", b"SendEntry.1.Delay=3");
    assert_eq!(missing, Err(DecodeError::Missing("Id".into())));
    let missing = decode::<Shape>(&FLAT, "Send", b"Attribute.1.Name=X");
    assert_eq!(missing, Err(DecodeError::Missing("Value".into())));
    for wrong in [
        "Flag=maybe",
        "SendEntry.1.Id=a&SendEntry.1.Delay=x",
        "Url=%ff",
        "SendEntry.1.Id=a&SendEntry.1.Data=%21",
    ] {
        assert!(
            matches!(decode::<Shape>(&FLAT, "Send", wrong.as_bytes()), Err(DecodeError::Malformed(_))),
            "{wrong}"
        );
    }
    let deep = format!("{}=1", vec!["a"; 50].join("."));
    assert!(decode::<Shape>(&FLAT, "Send", deep.as_bytes()).is_err());
}

fn shape() -> Shape {
    Shape {
        url: Some("a&b<c>\r".into()),
        names: vec!["x".into(), "y".into()],
        attributes: BTreeMap::from([("K".into(), "V".into())]),
        entries: vec![Entry { id: "1".into(), delay: None, data: None }],
        ..Shape::default()
    }
}

#[test]
fn answers_are_written_flat() {
    let reply = encode(&FLAT, "Send", "rid", &shape());
    assert_eq!(
        std::str::from_utf8(&reply.body).unwrap(),
        "<SendResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><SendResult>\
         <Url>a&amp;b&lt;c&gt;&#xD;</Url><Name>x</Name><Name>y</Name>\
         <Attribute><Name>K</Name><Value>V</Value></Attribute>\
         <SendEntry><Id>1</Id></SendEntry></SendResult>\
         <ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></SendResponse>"
    );
}

#[test]
fn answers_are_written_nested() {
    let reply = encode(&NESTED, "Get", "rid", &shape());
    let text = std::str::from_utf8(&reply.body).unwrap();
    assert!(text.contains("<Names><member>x</member><member>y</member></Names>"), "{text}");
    assert!(text.contains("<Attributes><entry><key>K</key><value>V</value></entry></Attributes>"), "{text}");
}

#[test]
fn no_output_has_no_result_element_and_an_empty_one_an_empty_element() {
    #[derive(Serialize)]
    struct Empty {}
    let text = |reply: crate::Reply| String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(!text(encode(&NESTED, "Unsubscribe", "rid", &())).contains("Result"));
    assert!(
        text(encode(&NESTED, "TagResource", "rid", &Empty {}))
            .contains("<TagResourceResult></TagResourceResult>")
    );
}

#[test]
fn a_fault_is_an_error_response() {
    let fault = Fault {
        shape: "x".into(),
        query_code: "InvalidParameter".into(),
        status: 400,
        sender: true,
        message: "a < b".into(),
        query_message: None,
        members: Vec::new(),
    };
    let reply = encode_fault(&NESTED, "rid", &fault);
    assert_eq!(
        std::str::from_utf8(&reply.body).unwrap(),
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
         <Code>InvalidParameter</Code><Message>a &lt; b</Message><Detail/></Error><RequestId>rid</RequestId></ErrorResponse>"
    );
}
