//! The words by which a message is found: the strings at the top of a JSON body, those of a message in an SNS envelope,
//! and what stands at the paths that were set for the resource.

use std::fmt;

use engine::WordPath;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::limits::{PLACED_WORDS_MAX, WORD_BYTES_MAX, WORDS_BODY_BYTES_MAX, WORDS_MAX};

/// Calls `found` with each word of a body.
pub(crate) fn of(body: &[u8], paths: &[&WordPath], found: &mut dyn FnMut(&str)) {
    if body.len() > WORDS_BODY_BYTES_MAX || !is_object(body) {
        return;
    }
    let mut left = WORDS_MAX;
    let inner = top(body, &mut left, found);
    if let Some(inner) = &inner {
        top(inner.as_bytes(), &mut left, found);
    }
    if paths.is_empty() {
        return;
    }
    let documents = [Some(body), inner.as_deref().map(str::as_bytes)];
    let mut left = PLACED_WORDS_MAX;
    for document in documents.into_iter().flatten() {
        let Ok(document) = serde_json::from_slice::<Json>(document) else { continue };
        for path in paths {
            at(&document, path, &mut left, found);
        }
    }
}

/// The words at a place; of a list, those of each element unless the path names one.
fn at(value: &Json, path: &[String], left: &mut usize, found: &mut dyn FnMut(&str)) {
    if *left == 0 {
        return;
    }
    match (value, path) {
        (Json::Array(elements), [name, rest @ ..]) if name.parse::<usize>().is_ok() => {
            let element = name.parse().ok().and_then(|index: usize| elements.get(index));
            if let Some(element) = element {
                at(element, rest, left, found);
            }
        }
        (Json::Array(elements), path) => {
            for element in elements {
                at(element, path, left, found);
            }
        }
        (Json::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get(name) {
                at(member, rest, left, found);
            }
        }
        (Json::String(text), []) if text.len() <= WORD_BYTES_MAX => {
            *left -= 1;
            found(text);
        }
        (Json::Number(number), []) => {
            *left -= 1;
            found(&number.to_string());
        }
        _ => {}
    }
}

fn is_object(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// The strings at the top; answers the one that is an object itself and called `Message`.
fn top(body: &[u8], left: &mut usize, found: &mut dyn FnMut(&str)) -> Option<String> {
    let mut words = Words { left, found, inner: None };
    // What is no JSON has the words that came before it ceased to be.
    let _ = serde_json::Deserializer::from_slice(body).deserialize_map(&mut words);
    words.inner
}

struct Words<'a> {
    left: &'a mut usize,
    found: &'a mut dyn FnMut(&str),
    inner: Option<String>,
}

impl<'de> Visitor<'de> for &mut Words<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match map.next_value::<Value>()? {
                Value::Text(text) if text.len() <= WORD_BYTES_MAX && *self.left > 0 => {
                    *self.left -= 1;
                    (self.found)(&text);
                    if name == "Message" && is_object(text.as_bytes()) {
                        self.inner = Some(text);
                    }
                }
                Value::Text(text) if name == "Message" && is_object(text.as_bytes()) => {
                    self.inner = Some(text);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A string, or something that is passed over.
enum Value {
    Text(String),
    Other,
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Value;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("anything")
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Other)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    fn words(body: &str, paths: &[&[&str]]) -> Vec<String> {
        let paths: Vec<Vec<String>> =
            paths.iter().map(|path| path.iter().map(|&name| name.to_owned()).collect()).collect();
        let paths: Vec<&Vec<String>> = paths.iter().collect();
        let mut all = Vec::new();
        super::of(body.as_bytes(), &paths, &mut |word| all.push(word.to_owned()));
        all
    }

    #[test]
    fn strings_at_the_top_are_words() {
        let body = r#"{"request_id": "r\n1", "n": 1, "deep": {"x": "no"}, "list": ["no"], "z": "last"}"#;
        assert_eq!(words(body, &[]), ["r\n1", "last"]);
        assert_eq!(words(r#"{"a": "b", nonsense"#, &[]), ["b"]);
        assert!(words("[\"a\"]", &[]).is_empty() && words("text", &[]).is_empty());
    }

    #[test]
    fn lists_are_looked_through_and_words_are_bounded() {
        let body = r#"{"items": [{"sku": "a"}, {"sku": ["b", 3]}, {}], "deep": {"items": "no"}}"#;
        assert_eq!(words(body, &[&["items", "sku"]]), ["a", "b", "3"]);
        assert_eq!(words(body, &[&["items", "1", "sku", "0"]]), ["b"]);
        assert!(words(body, &[&["items"], &["deep"], &["deep", "items", "x"]]).is_empty());
        let many = format!(r#"{{"list": {:?}}}"#, (0..1000).collect::<Vec<u32>>());
        assert_eq!(words(&many, &[&["list"]]).len(), crate::limits::PLACED_WORDS_MAX);
    }

    #[test]
    fn the_message_in_an_envelope_and_set_paths_are_looked_into() {
        let body =
            r#"{"Type": "Notification", "Message": "{\"request_id\": \"r\", \"order\": {\"id\": 7}}"}"#;
        let found = words(body, &[&["order", "id"]]);
        assert!(found.contains(&"r".to_owned()) && found.contains(&"7".to_owned()), "{found:?}");
    }
}
