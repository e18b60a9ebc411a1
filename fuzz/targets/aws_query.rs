//! awsQuery in both dialects: no form brings the reader down, whatever its lists and maps are numbered.

#![no_main]
#![allow(missing_docs)]

mod shape;

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use shape::Shape;
use wire::{Protocol, QueryDialect, QueryName, Request};

const FLAT: QueryDialect = QueryDialect {
    version: "2012-11-05",
    namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    flattened: true,
    path_member: Some("Url"),
    names: &[
        QueryName { action: "", member: "Attributes", element: "Attribute", key: "", value: "" },
        QueryName { action: "", member: "Names", element: "Name", key: "", value: "" },
        QueryName { action: "Send", member: "Entries", element: "SendEntry", key: "", value: "" },
        QueryName { action: "", member: "Tags", element: "Tag", key: "Key", value: "Value" },
    ],
};
const NESTED: QueryDialect = QueryDialect {
    version: "2010-03-31",
    namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    flattened: false,
    path_member: None,
    names: &[QueryName { action: "", member: "MessageAttributes", element: "", key: "Name", value: "Value" }],
};

fuzz_target!(|form: &[u8]| {
    for dialect in [&FLAT, &NESTED] {
        let protocol = Protocol::AwsQuery(dialect);
        let request = Request {
            protocol,
            action: "Send",
            path_members: Vec::new(),
            query: String::from_utf8_lossy(form).into_owned(),
            headers: HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(form),
        };
        if let Ok(shape) = request.decode::<Shape>() {
            let written = protocol.encode("Send", "id", &shape).body;
            assert!(written.starts_with(b"<"), "an answer is XML");
        }
    }
});
