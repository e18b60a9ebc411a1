//! Tags: CloudFormation's list of keys and values, SQS's and Lambda's map.

use serde_json::{Map, Value as Json, json};

/// As a map.
pub(super) fn map(properties: &Json) -> Json {
    let tags = properties["Tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pair = |tag: &Json| Some((tag["Key"].as_str()?.to_owned(), json!(super::as_text(&tag["Value"]))));
    Json::Object(tags.iter().filter_map(pair).collect::<Map<_, _>>())
}

/// The keys of `old` that `new` no longer has.
pub(super) fn gone(old: &Json, new: &Json) -> Vec<String> {
    let (old, new) = (map(old), map(new));
    let keys = old.as_object().into_iter().flat_map(Map::keys);
    keys.filter(|key| new.get(key.as_str()).is_none()).cloned().collect()
}
