//! Conditions: operators, and the keys they look at.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::net::IpAddr;

use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::document::PolicyError;
use crate::pattern;

/// One operator, one key, some values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    compare: Compare,
    /// It holds if none of the values fits.
    negated: bool,
    absent: Absent,
    key: String,
    values: Vec<String>,
}

/// What holds if the key is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    /// The operator's own rule: it does not hold, negated it does.
    Usual,
    /// `…IfExists`, `ForAllValues:…`.
    Holds,
    /// `ForAnyValue:…`.
    Fails,
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
        let (compare, negated, absent) =
            self::operator(operator).ok_or_else(|| PolicyError::Condition(operator.clone()))?;
        for (key, values) in keys.as_object().ok_or_else(malformed)? {
            let values = values_of(values).ok_or_else(malformed)?;
            conditions.push(Condition { compare, negated, absent, key: key.clone(), values });
        }
    }
    Ok(conditions)
}

fn operator(name: &str) -> Option<(Compare, bool, Absent)> {
    let (name, absent) = match name.split_once(':') {
        Some(("ForAllValues", name)) => (name, Absent::Holds),
        Some(("ForAnyValue", name)) => (name, Absent::Fails),
        Some(_) => return None,
        None => (name, Absent::Usual),
    };
    let (name, absent) = match name.strip_suffix("IfExists") {
        Some("Null") => return None,
        Some(name) => (name, Absent::Holds),
        None => (name, absent),
    };
    let (_, compare, negated) = OPERATORS.iter().find(|(known, ..)| *known == name)?;
    Some((*compare, *negated, absent))
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
    /// Whether it holds in these circumstances. Keys are compared without regard to case.
    pub(crate) fn holds(&self, keys: &[(&str, &str)]) -> bool {
        let found = keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(&self.key)).map(|(_, value)| *value);
        if self.compare == Compare::Null {
            return self.values.iter().any(|value| value.eq_ignore_ascii_case("true") == found.is_none());
        }
        match (found, self.absent) {
            (Some(found), _) => {
                self.values.iter().any(|value| self.compare.fits(value, found)) != self.negated
            }
            (None, Absent::Usual) => self.negated,
            (None, absent) => absent == Absent::Holds,
        }
    }
}

impl Compare {
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
    ];

    fn holds(condition: &Json) -> bool {
        parse(condition).unwrap().iter().all(|condition| condition.holds(KEYS))
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
