//! Policies against a plain reading of AWS's page: every alternative written out, every operator in its own words.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use service::ports::{MessageAttribute, MessageAttributeValue};

use super::FilterPolicy;
use crate::message_attributes::MessageAttributes;

const KEYS: [&str; 3] = ["a", "b", "c"];

fn words() -> impl Strategy<Value = String> {
    "[xyXY]{1,3}"
}

fn pattern() -> impl Strategy<Value = Json> {
    prop_oneof![
        words().prop_map(|word| json!(word)),
        (-3..3_i64).prop_map(|number| json!(number)),
        words().prop_map(|word| json!({"prefix": word})),
        words().prop_map(|word| json!({"suffix": word})),
        words().prop_map(|word| json!({"equals-ignore-case": word})),
        proptest::collection::vec(words(), 1..3).prop_map(|words| json!({"anything-but": words})),
        words().prop_map(|word| json!({"anything-but": {"prefix": word}})),
        any::<bool>().prop_map(|exists| json!({"exists": exists})),
        (-3..3_i64).prop_map(|bottom| json!({"numeric": [">=", bottom, "<", bottom + 2]})),
        (-3..3_i64).prop_map(|number| json!({"numeric": ["=", number]})),
    ]
}

fn flat_policy() -> impl Strategy<Value = Map<String, Json>> {
    let patterns = proptest::collection::vec(pattern(), 1..3).prop_map(Json::Array);
    let entries = (proptest::sample::select(KEYS.to_vec()), patterns);
    proptest::collection::vec(entries, 1..3)
        .prop_map(|entries| entries.into_iter().map(|(key, patterns)| (key.to_owned(), patterns)).collect())
}

/// Perhaps with alternatives.
fn policy() -> impl Strategy<Value = Map<String, Json>> {
    (flat_policy(), proptest::collection::vec(flat_policy(), 0..3)).prop_map(|(mut policy, alternatives)| {
        if alternatives.len() > 1 {
            policy.insert("$or".to_owned(), json!(alternatives));
        }
        policy
    })
}

fn value() -> impl Strategy<Value = Option<Json>> {
    proptest::option::of(prop_oneof![
        words().prop_map(|word| json!(word)),
        (-3..3_i64).prop_map(|number| json!(number)),
        proptest::collection::vec(words(), 0..3).prop_map(|words| json!(words)),
    ])
}

fn body() -> impl Strategy<Value = Map<String, Json>> {
    (value(), value(), value()).prop_map(|(a, b, c)| {
        let values = KEYS.into_iter().zip([a, b, c]);
        values.filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    })
}

fn attributes(body: &Map<String, Json>) -> MessageAttributes {
    let one = |(name, value): (&String, &Json)| {
        let (data_type, text) = match value {
            Json::String(text) => ("String", text.clone()),
            Json::Array(_) => ("String.Array", value.to_string()),
            other => ("Number", other.to_string()),
        };
        let value = MessageAttributeValue::Text(text);
        (name.clone(), MessageAttribute { data_type: data_type.to_owned(), value })
    };
    body.iter().map(one).collect()
}

/// The alternatives of a policy, each without further ones.
fn written_out(policy: &Map<String, Json>) -> Vec<Vec<(String, Json)>> {
    let plain: Vec<(String, Json)> = policy
        .iter()
        .filter(|(key, _)| *key != "$or")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let Some(alternatives) = policy.get("$or").and_then(Json::as_array) else { return vec![plain] };
    let with = |alternative: &Json| {
        let own = alternative.as_object().unwrap();
        let own = own.iter().map(|(key, value)| (key.clone(), value.clone()));
        plain.iter().cloned().chain(own).collect()
    };
    alternatives.iter().map(with).collect()
}

fn holds(pattern: &Json, value: &Json) -> bool {
    let Json::Object(object) = pattern else { return pattern == value };
    let (operator, argument) = object.iter().next().unwrap();
    let text = value.as_str();
    let with = |test: fn(&str, &str) -> bool| {
        text.is_some_and(|text| argument.as_str().is_some_and(|argument| test(text, argument)))
    };
    match operator.as_str() {
        "prefix" => with(|text, prefix| text.starts_with(prefix)),
        "suffix" => with(|text, suffix| text.ends_with(suffix)),
        "equals-ignore-case" => with(str::eq_ignore_ascii_case),
        "anything-but" => match argument {
            Json::Array(values) => !values.contains(value),
            nested => !holds(nested, value),
        },
        "exists" => argument == &json!(true),
        "numeric" => {
            let bounds = argument.as_array().unwrap();
            value.as_i64().is_some_and(|number| match bounds.len() {
                2 => bounds[1] == json!(number),
                _ => (bounds[1].as_i64().unwrap()..bounds[3].as_i64().unwrap()).contains(&number),
            })
        }
        other => panic!("{other} is not made here"),
    }
}

fn plainly_wants(policy: &Map<String, Json>, body: &Map<String, Json>) -> bool {
    let key = |(key, patterns): &(String, Json)| {
        patterns.as_array().unwrap().iter().any(|pattern| match body.get(key) {
            None => pattern == &json!({"exists": false}),
            Some(_) if pattern.get("exists").is_some() => pattern == &json!({"exists": true}),
            Some(Json::Array(items)) => items.iter().any(|item| holds(pattern, item)),
            Some(value) => holds(pattern, value),
        })
    };
    written_out(policy).iter().any(|alternative| alternative.iter().all(key))
}

/// Tries every run for each `*`.
fn matches_plainly(wildcard: &[u8], text: &[u8]) -> bool {
    match wildcard.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| matches_plainly(rest, &text[from..])),
        Some((byte, rest)) => text.first() == Some(byte) && matches_plainly(rest, &text[1..]),
    }
}

/// Any JSON at all.
fn any_json() -> impl Strategy<Value = Json> {
    let names = proptest::sample::select(vec![
        "a",
        "$or",
        "prefix",
        "suffix",
        "wildcard",
        "anything-but",
        "numeric",
        "exists",
        "cidr",
        "equals-ignore-case",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        proptest::sample::select(vec!["", "*", "**", "<", ">=", "10.0.0.0/8", "::/0", "x"])
            .prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            proptest::collection::vec((names.clone(), inner), 0..4).prop_map(|entries| {
                let entries = entries.into_iter().map(|(name, value)| (name.to_owned(), value));
                Json::Object(entries.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_policy_does_what_its_plain_reading_does(policy in policy(), body in body()) {
        let text = Json::Object(policy.clone()).to_string();
        let expected = plainly_wants(&policy, &body);
        let on_body = FilterPolicy::parse(&text, Some("MessageBody")).unwrap();
        let document = Json::Object(body.clone()).to_string();
        prop_assert_eq!(on_body.wants(&MessageAttributes::new(), &document), expected, "{} {}", text, document);
        let on_attributes = FilterPolicy::parse(&text, None).unwrap();
        prop_assert_eq!(on_attributes.wants(&attributes(&body), ""), expected, "{} {:?}", text, body);
    }

    #[test]
    fn whatever_is_given_is_parsed_or_refused_and_then_applied(policy in any_json(), body in any_json()) {
        for scope in [None, Some("MessageBody")] {
            if let Ok(policy) = FilterPolicy::parse(&policy.to_string(), scope) {
                policy.wants(&MessageAttributes::new(), &body.to_string());
            }
        }
    }

    #[test]
    fn a_wildcard_stands_for_any_run_of_characters(wildcard in "[xy*]{0,5}", text in "[xy]{0,6}") {
        prop_assume!(!wildcard.contains("**"));
        let policy = json!({"k": [{"wildcard": wildcard}]}).to_string();
        let policy = FilterPolicy::parse(&policy, Some("MessageBody")).unwrap();
        let body = json!({"k": text}).to_string();
        let expected = matches_plainly(wildcard.as_bytes(), text.as_bytes());
        prop_assert_eq!(policy.wants(&MessageAttributes::new(), &body), expected);
    }
}
