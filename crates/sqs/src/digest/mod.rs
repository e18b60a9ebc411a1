//! The MD5 digests by which clients check what arrived.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

mod lanes;
mod together;

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};
use service::ports::{MessageAttribute, MessageAttributeValue};

pub(crate) use together::Together;

/// Of a body, as bytes.
pub(crate) fn of_body(body: &[u8]) -> [u8; 16] {
    Md5::digest(body).into()
}

/// Of attributes, hexadecimal; `None` of none.
pub(crate) fn of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        add(&mut digest, name.as_bytes());
        add(&mut digest, attribute.data_type.as_bytes());
        match &attribute.value {
            MessageAttributeValue::Text(text) => {
                digest.update([1]);
                add(&mut digest, text.as_bytes());
            }
            MessageAttributeValue::Binary(blob) => {
                digest.update([2]);
                add(&mut digest, &blob.0);
            }
        }
    }
    Some(hex::encode(digest.finalize()))
}

/// Length (4 bytes, big-endian), then the bytes.
fn add(digest: &mut Md5, bytes: &[u8]) {
    digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_body_has_its_known_digest() {
        assert_eq!(hex::encode(of_body(b"This is a test message")), "fafb00f5732ab283681e124bf8747ed1");
    }

    /// Recomputed by hand with another MD5 from AWS's description of the encoding.
    #[test]
    fn attributes_are_digested_in_the_order_of_their_names() {
        let text = |value: &str| MessageAttribute {
            data_type: "String".into(),
            value: MessageAttributeValue::Text(value.into()),
        };
        let attributes = BTreeMap::from([("b".to_owned(), text("2")), ("a".to_owned(), text("1"))]);
        let mut expected = Vec::new();
        for (name, value) in [(b"a", b"1"), (b"b", b"2")] {
            expected.extend([0, 0, 0, 1]);
            expected.extend(name);
            expected.extend([0, 0, 0, 6]);
            expected.extend(b"String");
            expected.extend([1, 0, 0, 0, 1]);
            expected.extend(value);
        }
        assert_eq!(of_attributes(&attributes), Some(hex::encode(Md5::digest(&expected))));
        assert_eq!(of_attributes(&BTreeMap::new()), None);
    }
}
