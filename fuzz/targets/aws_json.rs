//! awsJson: no body brings the reader down, and what was read is read again from what is written.

#![no_main]
#![allow(missing_docs)]

mod shape;

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use shape::Shape;
use wire::{Protocol, Request};

const PROTOCOL: Protocol = Protocol::AwsJson { content_type: "application/x-amz-json-1.0", query_error: true };

fn decode(body: &[u8]) -> Option<Shape> {
    let body = bytes::Bytes::copy_from_slice(body);
    let request = Request {
        protocol: PROTOCOL,
        action: "Action",
        path_members: Vec::new(),
        query: String::new(),
        headers: HeaderMap::new(),
        body,
    };
    request.decode().ok()
}

fuzz_target!(|body: &[u8]| {
    let Some(shape) = decode(body) else { return };
    let written = PROTOCOL.encode("Action", "id", &shape).body;
    // Numbers that JSON cannot write are none of ours.
    if shape.ratio.is_none_or(f64::is_finite) && shape.nested.is_none() {
        assert_eq!(decode(&written), Some(shape));
    }
});
