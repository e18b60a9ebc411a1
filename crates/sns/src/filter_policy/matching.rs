//! Whether a message is wanted.

use std::net::IpAddr;

use serde_json::Value as Json;
use service::ports::{MessageAttribute, MessageAttributeValue};

use super::{Comparison, Condition, FilterPolicy, Network, Pattern, Rules};
use crate::message_attributes::MessageAttributes;

impl FilterPolicy {
    /// Applies the policy to the message's attributes or to its body.
    pub(crate) fn wants(&self, attributes: &MessageAttributes, body: &str) -> bool {
        if !self.on_body {
            return self.rules.match_keys(&|key| attributes.get(key).map(values));
        }
        match serde_json::from_str::<Json>(body) {
            Ok(Json::Object(object)) => self.rules.match_object(&Json::Object(object)),
            _ => false,
        }
    }

    /// What a message lacks that the policy does not want; `None` for one that it wants.
    pub(crate) fn why_not(&self, attributes: &MessageAttributes, body: &str) -> Option<String> {
        if self.wants(attributes, body) {
            return None;
        }
        let document = self.on_body.then(|| serde_json::from_str::<Json>(body).unwrap_or_default());
        if document.as_ref().is_some_and(|document| !document.is_object()) {
            return Some("the body is no JSON object".to_owned());
        }
        let (key, present) = self
            .rules
            .keys
            .iter()
            .find_map(|key| {
                let alone = Rules { keys: vec![key.clone()], alternatives: Vec::new() };
                let (fits, present) = match &document {
                    Some(document) => (alone.match_object(document), document.get(&key.0).is_some()),
                    None => {
                        let lookup = |name: &str| attributes.get(name).map(values);
                        (alone.match_keys(&lookup), attributes.contains_key(&key.0))
                    }
                };
                (!fits).then_some((&key.0, present))
            })
            .map_or(("an alternative", true), |(key, present)| (key.as_str(), present));
        let has = if present { "has another" } else { "has none" };
        Some(format!("the filter policy asks for {key}, of which the message {has}"))
    }
}

/// What of an attribute is compared: binary values are not.
pub(super) fn values(attribute: &MessageAttribute) -> Vec<Json> {
    let MessageAttributeValue::Text(text) = &attribute.value else { return Vec::new() };
    match attribute.data_type.as_str() {
        "Number" => vec![serde_json::from_str(text.trim()).unwrap_or(Json::Null)],
        "String.Array" => match serde_json::from_str(text) {
            Ok(Json::Array(items)) => items,
            _ => Vec::new(),
        },
        _ => vec![Json::String(text.clone())],
    }
}

impl Rules {
    /// Attribute scope: a key's values, `None` where it is missing.
    fn match_keys(&self, lookup: &dyn Fn(&str) -> Option<Vec<Json>>) -> bool {
        let key = |(key, condition): &(String, Condition)| match condition {
            Condition::Any(patterns) => matches_any(patterns, lookup(key).as_deref()),
            Condition::Nested(_) => false,
        };
        let alternative =
            |alternatives: &Vec<Rules>| alternatives.iter().any(|rules| rules.match_keys(lookup));
        self.keys.iter().all(key) && self.alternatives.iter().all(alternative)
    }

    /// Body scope: an object; where an array stands, one of its elements must match.
    fn match_object(&self, object: &Json) -> bool {
        let key = |(key, condition): &(String, Condition)| {
            let value = object.get(key);
            match condition {
                Condition::Any(patterns) => match value {
                    Some(Json::Array(items)) => matches_any(patterns, Some(&flat(items))),
                    Some(value) => matches_any(patterns, Some(std::slice::from_ref(value))),
                    None => matches_any(patterns, None),
                },
                Condition::Nested(rules) => match value {
                    Some(Json::Array(items)) => flat(items).iter().any(|item| rules.match_object(item)),
                    Some(value) => rules.match_object(value),
                    None => rules.match_object(&Json::Null),
                },
            }
        };
        let alternative =
            |alternatives: &Vec<Rules>| alternatives.iter().any(|rules| rules.match_object(object));
        self.keys.iter().all(key) && self.alternatives.iter().all(alternative)
    }
}

/// Lists in lists count as one list.
pub(super) fn flat(items: &[Json]) -> Vec<Json> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Json::Array(nested) => all.extend(flat(nested)),
            one => all.push(one.clone()),
        }
    }
    all
}

pub(super) fn matches_any(patterns: &[Pattern], values: Option<&[Json]>) -> bool {
    patterns.iter().any(|pattern| match (pattern, values) {
        (Pattern::Exists(exists), values) => *exists == values.is_some(),
        (_, None) => false,
        (pattern, Some(values)) => values.iter().any(|value| pattern.matches(value)),
    })
}

impl Pattern {
    fn matches(&self, value: &Json) -> bool {
        match (self, value) {
            (Self::Exact(Json::Number(expected)), Json::Number(number)) => {
                Comparison::Equal.holds(comparable(number.as_f64()), comparable(expected.as_f64()))
            }
            (Self::Exact(expected), value) => expected == value,
            (Self::Prefix(prefix), Json::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Json::String(text)) => text.ends_with(suffix),
            (Self::Wildcard(wildcard), Json::String(text)) => matches_wildcard(wildcard, text),
            (Self::EqualsIgnoreCase(expected), Json::String(text)) => {
                expected.to_lowercase() == text.to_lowercase()
            }
            (Self::AnythingBut(patterns), value) => !patterns.iter().any(|pattern| pattern.matches(value)),
            (Self::Numeric(comparisons), Json::Number(number)) => {
                let number = comparable(number.as_f64());
                let holds = |(comparison, bound): &(Comparison, f64)| {
                    comparison.holds(number, comparable(Some(*bound)))
                };
                comparisons.iter().all(holds)
            }
            (Self::Cidr(network), Json::String(text)) => {
                text.parse().is_ok_and(|address: IpAddr| network.contains(address))
            }
            (Self::Exists(exists), _) => *exists,
            _ => false,
        }
    }
}

/// Numbers are compared with five digits after the point.
fn comparable(number: Option<f64>) -> f64 {
    // Adding zero makes a negative zero a positive one.
    number.map_or(f64::NAN, |number| (number * 100_000.0).round() + 0.0)
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number.total_cmp(&bound).is_eq(),
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// `*` stands for any run of characters.
fn matches_wildcard(wildcard: &str, text: &str) -> bool {
    let mut parts = wildcard.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                let cut = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
                cut(network.to_bits()) == cut(address.to_bits())
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                let cut = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
                cut(network.to_bits()) == cut(address.to_bits())
            }
            _ => false,
        }
    }
}
