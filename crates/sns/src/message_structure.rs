//! `MessageStructure=json`: one message for each protocol.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value as Json;
use service::ServiceError;

use crate::errors;

/// Texts by protocol. Values that are no text are ignored, and so are names of no protocol, because nobody asks for
/// them; a name that comes twice is an error.
pub(crate) fn by_protocol(message: &str) -> Result<BTreeMap<String, String>, ServiceError> {
    let Texts(texts) = serde_json::from_str(message)
        .map_err(|_| errors::invalid("Message Structure - JSON message body failed to parse"))?;
    if texts.contains_key("default") {
        return Ok(texts);
    }
    Err(errors::invalid("Message Structure - No default entry in JSON message body"))
}

struct Texts(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of texts by protocol")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let (mut texts, mut seen) = (BTreeMap::new(), std::collections::BTreeSet::new());
        while let Some((protocol, value)) = map.next_entry::<String, Json>()? {
            if !seen.insert(protocol.clone()) {
                return Err(A::Error::custom("a protocol comes twice"));
            }
            if let Json::String(text) = value {
                texts.insert(protocol, text);
            }
        }
        Ok(Texts(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::by_protocol;

    #[test]
    fn only_texts_count_and_each_protocol_comes_once() {
        let texts = by_protocol(r#"{"default":"d","sqs":"","http":{"a":1},"pigeon":"p"}"#).unwrap();
        assert_eq!((texts["default"].as_str(), texts["sqs"].as_str(), texts.get("http")), ("d", "", None));
        for (message, part) in [
            (r#"{"default":"d","sqs":"1","sqs":"2"}"#, "failed to parse"),
            (r#"["default"]"#, "failed to parse"),
            (r#"{"default":1}"#, "No default entry"),
        ] {
            assert!(by_protocol(message).unwrap_err().message.contains(part), "{message}");
        }
    }
}
