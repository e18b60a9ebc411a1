//! Text members that are written as they came, without a copy in between.

use std::io;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::ser::{Formatter, Serializer as JsonSerializer};

/// UTF-8 text that shares its bytes with what it was read from. The protocols of this crate write it like a `String`;
/// bytes that are no UTF-8 are written as U+FFFD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Bytes);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // No shape has bare bytes where a protocol writes text: `Blob` writes those as base64.
        serializer.serialize_bytes(&self.0)
    }
}

/// A document as compact JSON, with room for so many bytes at once; what serialises as bytes is text, as `Text` is.
///
/// # Panics
/// For keys that are no text: documents are types of ours.
pub fn json<T: Serialize>(document: &T, room: usize) -> Vec<u8> {
    let mut written = Vec::with_capacity(room);
    let mut serializer = JsonSerializer::with_formatter(&mut written, TextFormatter::default());
    document.serialize(&mut serializer).expect("shapes have text keys and finite numbers");
    written
}

/// Compact JSON; bytes are text.
#[derive(Default)]
struct TextFormatter {
    escaped: Vec<u8>,
}

impl Formatter for TextFormatter {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()> {
        if is_plain(bytes) {
            writer.write_all(b"\"")?;
            writer.write_all(bytes)?;
            return writer.write_all(b"\"");
        }
        self.escaped.clear();
        json_escape_simd::escape_into(of(bytes), &mut self.escaped);
        writer.write_all(&self.escaped)
    }
}

/// Whether bytes are printable ASCII that JSON writes as it is. Over all bytes, not up to the first that is not: sixteen
/// are looked at at once.
fn is_plain(bytes: &[u8]) -> bool {
    let special =
        |byte: u8| u8::from(!(0x20..0x7f).contains(&byte)) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    bytes.iter().fold(0, |any, byte| any | special(*byte)) == 0
}

/// The text that bytes are.
pub(crate) fn of(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    // Faster than looking for what is not UTF-8 from the start.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        body: Text,
    }

    fn written(protocol: Protocol, text: &[u8]) -> String {
        let output = Output { body: Text(Bytes::copy_from_slice(text)) };
        String::from_utf8(protocol.encode("Receive", "id", &output).body.to_vec()).unwrap()
    }

    const JSON: Protocol =
        Protocol::AwsJson { content_type: "application/x-amz-json-1.0", query_error: true };

    #[test]
    fn it_is_written_as_a_string_would_be() {
        for text in
            ["", "plain", "\"quoted\\\"", "line\nand\ttab\r", "\u{1}\u{1f}\u{7f}", "日本語 🦀", "</b>&"]
        {
            let expected = serde_json::json!({ "Body": text }).to_string();
            assert_eq!(written(JSON, text.as_bytes()), expected);
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(written(JSON, b"a\xffb"), "{\"Body\":\"a\u{fffd}b\"}");
    }

    #[test]
    fn xml_escapes_it_too() {
        const DIALECT: &crate::QueryDialect = &crate::QueryDialect {
            version: "",
            namespace: "",
            flattened: false,
            path_member: None,
            names: &[],
        };
        assert!(written(Protocol::AwsQuery(DIALECT), b"a<b&c").contains("<Body>a&lt;b&amp;c</Body>"));
    }
}
