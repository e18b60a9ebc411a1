//! Event streams: answers that come event by event, each a frame with headers, a payload and checksums.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use bytes::{BufMut as _, Bytes, BytesMut};

/// `Content-Type` of such an answer.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";
/// Lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
/// The checksum at the end.
const TRAILER_BYTES: usize = 4;
/// The type of a header's value: text.
const TEXT: u8 = 7;

/// An event of the model: `PayloadChunk`, `sessionUpdate`, …. An empty content type is left out.
pub fn event(event_type: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let headers = [(":message-type", "event"), (":event-type", event_type), (":content-type", content_type)];
    frame(&headers, payload)
}

/// An exception of the model, which ends the stream. The payload is a JSON document.
pub fn exception(exception_type: &str, payload: &[u8]) -> Bytes {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", exception_type),
        (":content-type", "application/json"),
    ];
    frame(&headers, payload)
}

/// What awsJson sends before the first event: the members of the output that are no events.
pub fn initial_response(payload: &[u8]) -> Bytes {
    event("initial-response", "application/json", payload)
}

fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut written = BytesMut::new();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        // Names and values are short and of this program's own.
        written.put_u8(u8::try_from(name.len()).expect("a header's name is short"));
        written.put_slice(name.as_bytes());
        written.put_u8(TEXT);
        written.put_u16(u16::try_from(value.len()).expect("a header's value is short"));
        written.put_slice(value.as_bytes());
    }
    let length = PRELUDE_BYTES + written.len() + payload.len() + TRAILER_BYTES;
    let narrow = |length: usize| u32::try_from(length).expect("a frame is smaller than 4 GiB");
    let mut frame = BytesMut::with_capacity(length);
    frame.put_u32(narrow(length));
    frame.put_u32(narrow(written.len()));
    frame.put_u32(crc32fast::hash(&frame));
    frame.put_slice(&written);
    frame.put_slice(payload);
    frame.put_u32(crc32fast::hash(&frame));
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with botocore's own reader, which checks both sums.
    #[test]
    fn a_frame_has_lengths_headers_payload_and_two_checksums() {
        let frame = event("PayloadChunk", "application/octet-stream", b"hello");
        let total = u32::from_be_bytes(frame[..4].try_into().unwrap());
        let headers = u32::from_be_bytes(frame[4..8].try_into().unwrap());
        assert_eq!((total as usize, headers), (frame.len(), total - 12 - 5 - 4));
        assert_eq!(u32::from_be_bytes(frame[8..12].try_into().unwrap()), crc32fast::hash(&frame[..8]));
        let end = frame.len() - 4;
        assert_eq!(u32::from_be_bytes(frame[end..].try_into().unwrap()), crc32fast::hash(&frame[..end]));
        assert_eq!(&frame[12..26], b"\x0d:message-type");
        assert_eq!(&frame[26..34], b"\x07\x00\x05event");
        assert_eq!(&frame[end - 5..end], b"hello");
    }

    #[test]
    fn an_empty_content_type_is_no_header() {
        assert!(!event("InvokeComplete", "", b"{}").windows(13).any(|window| window == b":content-type"));
    }
}
