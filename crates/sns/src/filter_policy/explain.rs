//! Why a message is wanted or not: what each condition of a policy asks for, and what the message has there.

use serde_json::{Value as Json, json};
use service::views::Condition as Explained;

use super::matching::{flat, matches_any, values};
use super::{Comparison, Condition, FilterPolicy, Network, Pattern, Rules};
use crate::message_attributes::MessageAttributes;

impl FilterPolicy {
    /// Every condition, in the policy's order. `wants` says what follows from them.
    pub(crate) fn explain(&self, attributes: &MessageAttributes, body: &str) -> Vec<Explained> {
        let mut explained = Vec::new();
        if self.on_body {
            let body = serde_json::from_str(body).ok().filter(Json::is_object).unwrap_or(Json::Null);
            let lookup = |path: &[&str]| below(&body, path);
            collect(&self.rules, &lookup, &mut Vec::new(), None, &mut explained);
        } else {
            let lookup = |path: &[&str]| attributes.get(path[0]).map(values);
            collect(&self.rules, &lookup, &mut Vec::new(), None, &mut explained);
        }
        explained
    }
}

/// The values at a path; an array stands for its elements.
fn below(value: &Json, path: &[&str]) -> Option<Vec<Json>> {
    let Some((key, rest)) = path.split_first() else {
        return Some(match value {
            Json::Array(items) => flat(items),
            one => vec![one.clone()],
        });
    };
    match value {
        Json::Array(items) => {
            let found: Vec<Json> =
                flat(items).iter().filter_map(|item| below(item, path)).flatten().collect();
            (!found.is_empty()).then_some(found)
        }
        object => below(object.get(key)?, rest),
    }
}

fn collect<'a>(
    rules: &'a Rules,
    lookup: &dyn Fn(&[&str]) -> Option<Vec<Json>>,
    path: &mut Vec<&'a str>,
    alternative: Option<usize>,
    explained: &mut Vec<Explained>,
) {
    for (key, condition) in &rules.keys {
        path.push(key);
        match condition {
            Condition::Any(patterns) => {
                let found = lookup(path);
                explained.push(Explained {
                    key: path.join("."),
                    asks: Json::Array(patterns.iter().map(written).collect()).to_string(),
                    holds: matches_any(patterns, found.as_deref()),
                    found: found.map(|mut found| match found.len() {
                        1 => found.remove(0).to_string(),
                        _ => Json::Array(found).to_string(),
                    }),
                    alternative,
                });
            }
            Condition::Nested(nested) => collect(nested, lookup, path, alternative, explained),
        }
        path.pop();
    }
    for (number, alternatives) in rules.alternatives.iter().enumerate() {
        for one in alternatives {
            collect(one, lookup, path, alternative.or(Some(number)), explained);
        }
    }
}

/// A pattern as policies write it.
fn written(pattern: &Pattern) -> Json {
    match pattern {
        Pattern::Exact(value) => value.clone(),
        Pattern::Prefix(text) => json!({"prefix": text}),
        Pattern::Suffix(text) => json!({"suffix": text}),
        Pattern::Wildcard(text) => json!({"wildcard": text}),
        Pattern::EqualsIgnoreCase(text) => json!({"equals-ignore-case": text}),
        Pattern::AnythingBut(patterns) => {
            json!({"anything-but": patterns.iter().map(written).collect::<Vec<_>>()})
        }
        Pattern::Numeric(comparisons) => {
            let one = |(comparison, bound): &(Comparison, f64)| [json!(sign(*comparison)), json!(bound)];
            json!({"numeric": comparisons.iter().flat_map(one).collect::<Vec<_>>()})
        }
        Pattern::Exists(exists) => json!({"exists": exists}),
        Pattern::Cidr(Network { address, prefix }) => json!({"cidr": format!("{address}/{prefix}")}),
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(policy: &str, body: &str) -> Vec<(String, String, Option<String>, bool)> {
        let policy = FilterPolicy::parse(policy, Some("MessageBody")).unwrap();
        let conditions = policy.explain(&MessageAttributes::default(), body);
        conditions.into_iter().map(|one| (one.key, one.asks, one.found, one.holds)).collect()
    }

    #[test]
    fn each_condition_says_what_it_asks_for_and_what_it_finds() {
        let policy = r#"{"order":{"price":[{"numeric":[">=",10,"<",20]}],"items":{"kind":["tea"]}},"gift":[{"exists":false}]}"#;
        let found = explained(policy, r#"{"order":{"price":20,"items":[{"kind":"tea"},{"kind":"cup"}]}}"#);
        let expected = |key: &str, asks: &str, found: Option<&str>, holds| {
            (key.to_owned(), asks.to_owned(), found.map(str::to_owned), holds)
        };
        assert_eq!(found.len(), 3);
        for one in [
            expected("order.price", r#"[{"numeric":[">=",10.0,"<",20.0]}]"#, Some("20"), false),
            expected("order.items.kind", r#"["tea"]"#, Some(r#"["tea","cup"]"#), true),
            expected("gift", r#"[{"exists":false}]"#, None, true),
        ] {
            assert!(found.contains(&one), "{one:?} in {found:?}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_has_nothing() {
        assert_eq!(explained(r#"{"a":["x"]}"#, "text"), [("a".into(), r#"["x"]"#.into(), None, false)]);
    }
}
