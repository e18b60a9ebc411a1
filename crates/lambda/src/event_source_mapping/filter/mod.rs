//! Event filtering: which records of a queue a function is called with. Others are deleted unprocessed.
//!
//! The operators are EventBridge's, which are more than those of SNS's filter policies, and what is looked at is the
//! record with its body, not attributes: two languages, so two small engines.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

mod condition;

use aws::Arn;
use serde_json::{Map, Value as Json};
use service::ports::QueueRecord;

use super::record;
use condition::Condition;

const PATTERN_CHARACTERS_MAX: usize = 4096;
/// Patterns nest so deep.
const DEPTH_MAX: usize = 10;

/// A pattern, ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Every member must match; of each `$or` one.
    Members { members: Vec<(String, Node)>, either: Vec<Vec<Node>> },
    /// One of the conditions must hold.
    Leaf(Vec<Condition>),
}

impl Pattern {
    /// Reads a pattern; `None`: it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.chars().count() > PATTERN_CHARACTERS_MAX {
            return None;
        }
        let Json::Object(members) = serde_json::from_str(text).ok()? else { return None };
        node(members, DEPTH_MAX).map(Self)
    }

    /// Whether a queue's record matches.
    pub(crate) fn matches(&self, queue: &Arn, message: &QueueRecord) -> bool {
        let wants_document = self.wants_document();
        let mut document = record::as_json(queue, message);
        let body = serde_json::from_str::<Json>(&message.body).ok();
        let structured = body.filter(|body| body.is_object() || body.is_array());
        match (wants_document, structured) {
            (Some(true), Some(body)) => document["body"] = body,
            // A pattern of the other kind never matches.
            (Some(true), None) | (Some(false), Some(_)) => return false,
            _ => {}
        }
        self.0.matches(Some(&document))
    }

    /// Whether the pattern looks into the body (`true`), at its text (`false`) or not at it at all.
    fn wants_document(&self) -> Option<bool> {
        let Node::Members { members, either } = &self.0 else { return None };
        let mut bodies = members.iter().filter(|(name, _)| name == "body").map(|(_, node)| node);
        let in_either = || either.iter().flatten().find_map(|node| Pattern(node.clone()).wants_document());
        bodies.next().map(|node| matches!(node, Node::Members { .. })).or_else(in_either)
    }
}

fn node(members: Map<String, Json>, depth: usize) -> Option<Node> {
    let depth = depth.checked_sub(1)?;
    let (mut all, mut either) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match value {
            Json::Array(patterns)
                if name == "$or" && patterns.len() >= 2 && patterns.iter().all(Json::is_object) =>
            {
                let one_of = patterns.into_iter().map(|pattern| match pattern {
                    Json::Object(members) => node(members, depth),
                    _ => None,
                });
                either.push(one_of.collect::<Option<_>>()?);
            }
            Json::Object(members) => all.push((name, node(members, depth)?)),
            Json::Array(conditions) if !conditions.is_empty() => {
                let conditions = conditions.iter().map(Condition::parse).collect::<Option<_>>()?;
                all.push((name, Node::Leaf(conditions)));
            }
            _ => return None,
        }
    }
    Some(Node::Members { members: all, either })
}

impl Node {
    fn matches(&self, value: Option<&Json>) -> bool {
        match self {
            Self::Leaf(conditions) => conditions.iter().any(|condition| condition.holds(value)),
            Self::Members { members, either } => match value {
                // One element of a list that matches is enough.
                Some(Json::Array(elements)) => elements.iter().any(|element| self.matches(Some(element))),
                _ => {
                    members.iter().all(|(name, node)| node.matches(value.and_then(|value| value.get(name))))
                        && either.iter().all(|one_of| one_of.iter().any(|node| node.matches(value)))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{mapping, message};

    fn matches(pattern: &str, body: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(&mapping().queue, &message("id", body))
    }

    #[test]
    fn bodies_are_compared_as_what_they_are() {
        let document = r#"{"body":{"temperature":[{"numeric":[">",0,"<=",100]}]}}"#;
        assert!(matches(document, r#"{"temperature":50}"#));
        assert!(!matches(document, r#"{"temperature":0}"#));
        assert!(!matches(document, "hot"), "no document");
        let text = r#"{"body":["hot"]}"#;
        assert!(matches(text, "hot") && !matches(text, "cold"));
        assert!(!matches(text, r#"{"a":"hot"}"#), "no text");
        assert!(matches(r#"{"attributes":{"ApproximateReceiveCount":["1"]}}"#, "anything"));
    }

    #[test]
    fn every_operator_of_event_patterns() {
        for (condition, yes, no) in [
            (r#""a""#, r#""a""#, r#""b""#),
            ("null", "null", r#""a""#),
            ("5", "5.0", "6"),
            ("true", "true", "false"),
            (r#""""#, r#""""#, r#""a""#),
            (r#"{"prefix":"ab"}"#, r#""abc""#, r#""bc""#),
            (r#"{"prefix":{"equals-ignore-case":"AB"}}"#, r#""abc""#, r#""bc""#),
            (r#"{"suffix":"bc"}"#, r#""abc""#, r#""abd""#),
            (r#"{"equals-ignore-case":"ABC"}"#, r#""abc""#, r#""ab""#),
            (r#"{"wildcard":"a*c*e"}"#, r#""abcde""#, r#""abcdef""#),
            (r#"{"anything-but":"a"}"#, r#""b""#, r#""a""#),
            (r#"{"anything-but":["a",5]}"#, "6", "5"),
            (r#"{"anything-but":{"prefix":"a"}}"#, r#""b""#, r#""ab""#),
            (r#"{"anything-but":{"wildcard":"*z"}}"#, r#""b""#, r#""bz""#),
            (r#"{"numeric":["=",3.5]}"#, "3.5", r#""3.5""#),
            (r#"{"numeric":[">=",3,"<",4]}"#, "3", "4"),
            (r#"{"cidr":"10.0.0.0/24"}"#, r#""10.0.0.255""#, r#""10.0.1.0""#),
            (r#"{"exists":true}"#, "1", "MISSING"),
            (r#"{"exists":false}"#, "MISSING", "1"),
        ] {
            let pattern = format!(r#"{{"body":{{"key":[{condition}]}}}}"#);
            let body = |value: &str| match value {
                "MISSING" => r#"{"other":1}"#.to_owned(),
                value => format!(r#"{{"key":{value}}}"#),
            };
            assert!(matches(&pattern, &body(yes)), "{condition} takes {yes}");
            assert!(!matches(&pattern, &body(no)), "{condition} refuses {no}");
        }
    }

    #[test]
    fn members_go_together_and_alternatives_do_not() {
        let both = r#"{"body":{"a":["1"],"b":{"c":["2"]}}}"#;
        assert!(matches(both, r#"{"a":"1","b":{"c":"2"}}"#));
        assert!(!matches(both, r#"{"a":"1","b":{"c":"3"}}"#));
        let either = r#"{"body":{"$or":[{"a":["1"]},{"b":["2"]}]}}"#;
        assert!(matches(either, r#"{"b":"2"}"#) && !matches(either, r#"{"a":"2"}"#));
        assert!(matches(r#"{"body":{"list":["x"]}}"#, r#"{"list":["w","x"]}"#), "one element is enough");
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for wrong in [
            "",
            "[]",
            "1",
            r#"{"body":1}"#,
            r#"{"body":[]}"#,
            r#"{"body":[{"numeric":[">"]}]}"#,
            r#"{"body":[{"unknown":1}]}"#,
            r#"{"body":[{"prefix":1}]}"#,
            r#"{"body":[{"cidr":"10.0.0.0/99"}]}"#,
            r#"{"body":{"a":[[1]]}}"#,
        ] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
        assert!(Pattern::parse(&format!(r#"{{"body":["{}"]}}"#, "x".repeat(4096))).is_none());
    }
}
