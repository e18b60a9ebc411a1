//! Conditions: operators, and the keys they look at.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::document::PolicyError;
use crate::keys::Keys;
use crate::pattern;
use crate::variables::{Within, expand};

/// One operator, one key, some values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    compare: Compare,
    /// It holds if none of the values fits.
    negated: bool,
    /// `…IfExists`.
    if_exists: bool,
    over: Over,
    key: String,
    values: Vec<String>,
}

/// What of several values of a key must fit.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// The key has one.
    One,
    /// `ForAllValues:…`.
    All,
    /// `ForAnyValue:…`.
    Any,
}

/// How a value is compared with the key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Text,
    TextIgnoringCase,
    TextLike,
    Arn,
    Bool,
    Number(Order),
    Date(Order),
    Address,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// The operators: name, comparison, negated.
const OPERATORS: &[(&str, Compare, bool)] = &[
    ("StringEquals", Compare::Text, false),
    ("StringNotEquals", Compare::Text, true),
    ("StringEqualsIgnoreCase", Compare::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Compare::TextIgnoringCase, true),
    ("StringLike", Compare::TextLike, false),
    ("StringNotLike", Compare::TextLike, true),
    ("ArnEquals", Compare::Arn, false),
    ("ArnLike", Compare::Arn, false),
    ("ArnNotEquals", Compare::Arn, true),
    ("ArnNotLike", Compare::Arn, true),
    ("Bool", Compare::Bool, false),
    ("BinaryEquals", Compare::Text, false),
    ("NumericEquals", Compare::Number(Order::Equal), false),
    ("NumericNotEquals", Compare::Number(Order::Equal), true),
    ("NumericLessThan", Compare::Number(Order::Less), false),
    ("NumericLessThanEquals", Compare::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Compare::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Compare::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Compare::Date(Order::Equal), false),
    ("DateNotEquals", Compare::Date(Order::Equal), true),
    ("DateLessThan", Compare::Date(Order::Less), false),
    ("DateLessThanEquals", Compare::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Compare::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Compare::Date(Order::GreaterOrEqual), false),
    ("IpAddress", Compare::Address, false),
    ("NotIpAddress", Compare::Address, true),
    ("Null", Compare::Null, false),
];

/// Reads a `Condition` element: operator → key → values.
pub(crate) fn parse(value: &Json) -> Result<Vec<Condition>, PolicyError> {
    let malformed = || PolicyError::Condition(value.to_string());
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(malformed)? {
        let known = self::operator(operator).ok_or_else(|| PolicyError::Condition(operator.clone()))?;
        for (key, values) in keys.as_object().ok_or_else(malformed)? {
            let values = values_of(values).ok_or_else(malformed)?;
            conditions.push(Condition { key: key.clone(), values, ..known.clone() });
        }
    }
    Ok(conditions)
}

/// A condition of this operator, without key and values.
fn operator(name: &str) -> Option<Condition> {
    let (over, name) = match name.split_once(':') {
        Some(("ForAllValues", name)) => (Over::All, name),
        Some(("ForAnyValue", name)) => (Over::Any, name),
        Some(_) => return None,
        None => (Over::One, name),
    };
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some("Null") => return None,
        Some(name) => (name, true),
        None => (name, false),
    };
    let (_, compare, negated) = OPERATORS.iter().find(|(known, ..)| *known == name)?;
    let (key, values) = (String::new(), Vec::new());
    Some(Condition { compare: *compare, negated: *negated, if_exists, over, key, values })
}

/// Texts; numbers and booleans stand for their texts.
fn values_of(value: &Json) -> Option<Vec<String>> {
    let one = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Json::Array(items) => items.iter().map(one).collect(),
        value => one(value).map(|value| vec![value]),
    }
}

impl Condition {
    /// Whether it holds in these circumstances.
    pub(crate) fn holds(&self, keys: Keys<'_>, variables: bool) -> bool {
        let mut found = keys.all(&self.key).peekable();
        let absent = found.peek().is_none();
        if self.compare == Compare::Null {
            return self.values.iter().any(|value| value.eq_ignore_ascii_case("true") == absent);
        }
        // A value whose variables have none turns the whole condition down.
        let Some(values) = self.expanded(keys, variables) else { return false };
        let fits = |found: &str| values.iter().any(|value| self.compare.fits(value, found)) != self.negated;
        match self.over {
            _ if absent && self.if_exists => true,
            Over::One if absent => self.negated,
            Over::Any => found.any(fits),
            Over::One | Over::All => found.all(fits),
        }
    }

    /// Its values with variables put in; `None` if one has no value.
    fn expanded<'a>(&'a self, keys: Keys<'_>, variables: bool) -> Option<Vec<Cow<'a, str>>> {
        let within = self.compare.takes_variables().filter(|_| variables);
        let expand = |value: &'a String| match within {
            Some(within) => expand(value, keys, within),
            None => Some(Cow::Borrowed(value.as_str())),
        };
        self.values.iter().map(expand).collect()
    }
}

impl Compare {
    /// Variables are put into texts and ARNs only.
    fn takes_variables(self) -> Option<Within> {
        match self {
            Self::Text | Self::TextIgnoringCase => Some(Within::Text),
            Self::TextLike | Self::Arn => Some(Within::Pattern),
            _ => None,
        }
    }

    fn fits(self, value: &str, found: &str) -> bool {
        match self {
            Self::Text => value == found,
            Self::TextIgnoringCase | Self::Bool => value.eq_ignore_ascii_case(found),
            Self::TextLike => pattern::matches(value, found),
            Self::Arn => pattern::matches_arn(value, found),
            Self::Number(order) => {
                both(value, found, number).is_some_and(|(value, found)| order.holds(&found, &value))
            }
            Self::Date(order) => {
                both(value, found, moment).is_some_and(|(value, found)| order.holds(&found, &value))
            }
            Self::Address => lies_in(value, found),
            Self::Null => false,
        }
    }
}

fn both<T>(value: &str, found: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
    Some((read(value)?, read(found)?))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Seconds since 1970, given as such or as a date.
fn moment(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let date = OffsetDateTime::parse(text, &Rfc3339);
        // A bare date is its midnight.
        let date = date.or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
        date.ok().map(OffsetDateTime::unix_timestamp)
    })
}

/// Whether an address lies in a range (`10.0.0.0/8`) or is that address.
fn lies_in(range: &str, address: &str) -> bool {
    let (first, length) =
        range.split_once('/').map_or((range, None), |(first, length)| (first, Some(length)));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (Ok(first), Ok(address)) = (first.parse::<IpAddr>(), address.parse::<IpAddr>()) else { return false };
    let ((first, width), (address, other)) = (bits(first), bits(address));
    let length = length.map_or(Some(width), |length| length.parse::<u32>().ok());
    let Some(beyond) = length.and_then(|length| width.checked_sub(length)) else { return false };
    width == other && (first ^ address).checked_shr(beyond).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEYS: &[(&str, &str)] = &[
        ("aws:SourceArn", "arn:aws:s3:::bucket"),
        ("aws:SourceIp", "10.1.2.3"),
        ("aws:CurrentTime", "2026-01-01T00:00:00Z"),
        ("aws:SecureTransport", "true"),
        ("n", "5"),
        ("text", "Value"),
        ("many", "a"),
        ("many", "b"),
    ];

    fn holds(condition: &Json) -> bool {
        parse(condition).unwrap().iter().all(|condition| condition.holds(Keys(KEYS), true))
    }

    #[test]
    fn each_operator_compares_in_its_own_way() {
        for holding in [
            json!({"StringEquals": {"text": ["x", "Value"]}}),
            json!({"StringEqualsIgnoreCase": {"text": "vALUE"}}),
            json!({"StringLike": {"text": "Val*"}}),
            json!({"StringNotEquals": {"text": ["x", "y"]}}),
            json!({"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::other"}}),
            json!({"Bool": {"aws:SecureTransport": true}}),
            json!({"NumericLessThan": {"n": 6}, "NumericGreaterThanEquals": {"n": "5"}}),
            json!({"DateGreaterThan": {"aws:CurrentTime": "2025-12-31"}}),
            json!({"DateLessThanEquals": {"aws:CurrentTime": "1767225600"}}),
            json!({"IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.0.0.0/8"]}}),
            json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "NotIpAddress": {"aws:SourceIp": "::/0"}}),
        ] {
            assert!(holds(&holding), "{holding}");
        }
        for failing in [
            json!({"StringEquals": {"text": "value"}}),
            json!({"StringNotEquals": {"text": ["x", "Value"]}}),
            json!({"StringNotLike": {"text": "V*"}}),
            json!({"NumericEquals": {"n": "five"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.1.2.4"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.1.2.3/33"}}),
        ] {
            assert!(!holds(&failing), "{failing}");
        }
    }

    #[test]
    fn an_absent_key_fails_unless_the_operator_says_otherwise() {
        assert!(!holds(&json!({"StringEquals": {"none": "x"}})));
        assert!(holds(&json!({"StringNotEquals": {"none": "x"}})));
        assert!(holds(&json!({"StringEqualsIfExists": {"none": "x"}})));
        assert!(!holds(&json!({"StringEqualsIfExists": {"text": "x"}})));
        assert!(holds(&json!({"ForAllValues:StringEquals": {"none": "x"}})));
        assert!(!holds(&json!({"ForAnyValue:StringEquals": {"none": "x"}})));
        assert!(holds(&json!({"Null": {"none": "true", "text": "false"}})));
        assert!(!holds(&json!({"Null": {"text": "true"}})));
    }

    #[test]
    fn of_several_values_all_or_any_must_fit() {
        for holding in [
            json!({"ForAllValues:StringEquals": {"many": ["a", "b", "c"]}}),
            json!({"ForAnyValue:StringEquals": {"many": ["b", "z"]}}),
            json!({"ForAllValues:StringNotEquals": {"many": ["x", "y"]}}),
            json!({"ForAnyValue:StringNotLike": {"many": "a*"}}),
            json!({"ForAnyValue:StringEqualsIfExists": {"none": "x"}}),
        ] {
            assert!(holds(&holding), "{holding}");
        }
        for failing in [
            json!({"ForAllValues:StringEquals": {"many": ["a"]}}),
            json!({"ForAnyValue:StringLike": {"many": "z*"}}),
            json!({"ForAllValues:StringNotEquals": {"many": ["b"]}}),
            json!({"ForAnyValue:StringNotEquals": {"many": ["a", "b"]}}),
        ] {
            assert!(!holds(&failing), "{failing}");
        }
    }

    #[test]
    fn every_operator_of_iams_reference_is_known() {
        for base in [
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
            "Bool",
            "BinaryEquals",
            "IpAddress",
            "NotIpAddress",
            "ArnEquals",
            "ArnLike",
            "ArnNotEquals",
            "ArnNotLike",
        ] {
            for form in ["", "ForAllValues:", "ForAnyValue:"] {
                assert!(operator(&format!("{form}{base}")).is_some(), "{form}{base}");
                assert!(operator(&format!("{form}{base}IfExists")).is_some(), "{form}{base}IfExists");
            }
        }
        assert!(operator("Null").is_some() && operator("NullIfExists").is_none());
    }

    #[test]
    fn unknown_operators_and_values_that_are_none_are_refused() {
        for wrong in [
            json!({"StringSame": {"a": "b"}}),
            json!({"For:StringEquals": {"a": "b"}}),
            json!({"StringEquals": "b"}),
            json!({"StringEquals": {"a": {}}}),
            json!([]),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
    }
}
