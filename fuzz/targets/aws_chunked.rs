//! aws-chunked bodies: nothing brings the reader down, and it matters not in which pieces a body comes.

#![no_main]
#![allow(missing_docs, dead_code)]

#[path = "../../crates/s3/src/aws_chunked.rs"]
mod aws_chunked;
#[path = "../../crates/s3/src/limits.rs"]
mod limits;

use aws_chunked::{Trailers, decode};
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use libfuzzer_sys::fuzz_target;
use service::StreamingBody;

fn read(pieces: Vec<Bytes>) -> Option<Bytes> {
    let frames = pieces.into_iter().map(|piece| Ok(Frame::data(piece)));
    let body: StreamingBody = StreamBody::new(stream::iter(frames)).boxed_unsync();
    let content = decode(body, Trailers::default()).collect().now_or_never();
    content.expect("nothing is waited for").ok().map(|content| content.to_bytes())
}

fuzz_target!(|parts: (&[u8], u8)| {
    let (body, size) = parts;
    let whole = read(vec![Bytes::copy_from_slice(body)]);
    let pieces = body.chunks(usize::from(size) + 1).map(Bytes::copy_from_slice).collect();
    assert_eq!(read(pieces), whole);
});
