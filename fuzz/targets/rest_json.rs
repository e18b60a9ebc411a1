//! restJson: no query string, header, path or body brings the reader down.

#![no_main]
#![allow(missing_docs)]

mod shape;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use shape::Shape;
use wire::{Binding, Method, Protocol, Request, Rest};

const WHOLE: Rest = Rest {
    query: &[
        Binding { member: "Number", name: "number" },
        Binding { member: "Names", name: "names" },
        Binding { member: "Flag", name: "flag" },
    ],
    headers: &[Binding { member: "Ratio", name: "x-ratio" }, Binding { member: "Url", name: "x-url" }],
    ..Rest::new(Method::Post, "/things/{Id}", 200)
};
const BARE: Rest = Rest { payload: Some("Data"), ..WHOLE };

fuzz_target!(|parts: (&str, &str, &str, &[u8])| {
    let (query, header, id, body) = parts;
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(header) {
        headers.insert(HeaderName::from_static("x-ratio"), value.clone());
        headers.insert(HeaderName::from_static("x-url"), value);
    }
    for rest in [&WHOLE, &BARE] {
        let request = Request {
            protocol: Protocol::RestJson(rest),
            action: "Action",
            path_members: vec![("Id", id.to_owned())],
            query: query.to_owned(),
            headers: headers.clone(),
            body: bytes::Bytes::copy_from_slice(body),
        };
        if let Ok(shape) = request.decode::<Shape>() {
            let _ = request.protocol.encode("Action", "id", &shape);
        }
    }
});
