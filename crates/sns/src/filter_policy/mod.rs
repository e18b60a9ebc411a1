//! Filter policies: which messages a subscription wants.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html>

mod explain;
mod matching;
mod parse;

use serde_json::Value as Json;

/// A policy and what it is applied to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FilterPolicy {
    rules: Rules,
    on_body: bool,
}

/// All keys must match, and one alternative of each `$or`.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rules {
    keys: Vec<(String, Condition)>,
    alternatives: Vec<Vec<Rules>>,
}

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    /// One of these.
    Any(Vec<Pattern>),
    /// Body scope: an object below.
    Nested(Rules),
}

/// One pattern.
#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    Exact(Json),
    Prefix(String),
    Suffix(String),
    Wildcard(String),
    EqualsIgnoreCase(String),
    /// None of these.
    AnythingBut(Vec<Pattern>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Cidr(Network),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: std::net::IpAddr,
    prefix: u8,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
