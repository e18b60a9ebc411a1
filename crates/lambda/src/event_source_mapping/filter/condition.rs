//! One condition of a pattern.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use std::net::IpAddr;

use serde_json::Value as Json;

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Equals(Json),
    Text(Text),
    /// Something that is none of these.
    AnythingBut(Vec<Condition>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Network {
        address: IpAddr,
        bits: u32,
    },
}

/// What a text must be like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Prefix { text: String, ignore_case: bool },
    Suffix { text: String, ignore_case: bool },
    EqualsIgnoreCase(String),
    Wildcard(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition; `None`: it is none.
    pub(super) fn parse(json: &Json) -> Option<Self> {
        let operator = match json {
            Json::Object(operator) => operator,
            Json::Array(_) => return None,
            scalar => return Some(Self::Equals(scalar.clone())),
        };
        let mut members = operator.iter();
        let (Some((name, value)), None) = (members.next(), members.next()) else { return None };
        match name.as_str() {
            "exists" => value.as_bool().map(Self::Exists),
            "numeric" => numeric(value.as_array()?).map(Self::Numeric),
            "anything-but" => anything_but(value).map(Self::AnythingBut),
            "cidr" => network(value.as_str()?),
            _ => Text::parse(name, value).map(Self::Text),
        }
    }

    /// Whether it holds for a value; `None`: there is none.
    pub(super) fn holds(&self, value: Option<&Json>) -> bool {
        let Some(value) = value else { return *self == Self::Exists(false) };
        match (self, value) {
            (Self::Exists(exists), _) => *exists,
            // One element of a list is enough, but none may be what must not be.
            (Self::AnythingBut(wrong), Json::Array(elements)) => {
                !elements.iter().any(|element| wrong.iter().any(|wrong| wrong.holds(Some(element))))
            }
            (_, Json::Array(elements)) => elements.iter().any(|element| self.holds(Some(element))),
            (Self::AnythingBut(wrong), _) => !wrong.iter().any(|wrong| wrong.holds(Some(value))),
            (Self::Equals(Json::Number(one)), Json::Number(other)) => one.as_f64() == other.as_f64(),
            (Self::Equals(one), other) => one == other,
            (Self::Numeric(all), Json::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                all.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }
            (Self::Text(like), Json::String(text)) => like.holds(text),
            (Self::Network { address, bits }, Json::String(text)) => {
                text.parse().is_ok_and(|other| in_network(*address, *bits, other))
            }
            _ => false,
        }
    }
}

impl Text {
    fn parse(name: &str, value: &Json) -> Option<Self> {
        let (text, ignore_case) = match value {
            Json::String(text) => (text.clone(), false),
            Json::Object(inner) if inner.len() == 1 && matches!(name, "prefix" | "suffix") => {
                (inner.get("equals-ignore-case")?.as_str()?.to_owned(), true)
            }
            _ => return None,
        };
        match name {
            "prefix" => Some(Self::Prefix { text, ignore_case }),
            "suffix" => Some(Self::Suffix { text, ignore_case }),
            "equals-ignore-case" => Some(Self::EqualsIgnoreCase(text)),
            // Two stars in a row are refused, as EventBridge does.
            "wildcard" if !text.contains("**") => Some(Self::Wildcard(text)),
            _ => None,
        }
    }

    fn holds(&self, value: &str) -> bool {
        let lower = |text: &str, ignore_case: &bool| {
            if *ignore_case { text.to_lowercase() } else { text.to_owned() }
        };
        match self {
            Self::Prefix { text, ignore_case } => {
                lower(value, ignore_case).starts_with(&lower(text, ignore_case))
            }
            Self::Suffix { text, ignore_case } => {
                lower(value, ignore_case).ends_with(&lower(text, ignore_case))
            }
            Self::EqualsIgnoreCase(text) => value.to_lowercase() == text.to_lowercase(),
            Self::Wildcard(text) => wildcard(text, value),
        }
    }
}

/// `*` stands for any text. Each piece between stars is looked for once, so that time is bounded.
fn wildcard(pattern: &str, value: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut value) = value.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = value.find(piece) else { return false };
        value = &value[at + piece.len()..];
    }
    value.ends_with(last)
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => (number - bound).abs() < f64::EPSILON,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// One comparison, or a lower and an upper bound.
fn numeric(parts: &[Json]) -> Option<Vec<(Comparison, f64)>> {
    let comparison = |pair: &[Json]| {
        let comparison = match pair.first()?.as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        Some((comparison, pair.get(1)?.as_f64()?))
    };
    let fits = matches!(parts.len(), 2 | 4);
    fits.then(|| parts.chunks(2).map(comparison).collect()).flatten()
}

fn anything_but(value: &Json) -> Option<Vec<Condition>> {
    match value {
        Json::Array(values) if !values.is_empty() => {
            let scalar = |value: &Json| {
                (value.is_string() || value.is_number()).then(|| Condition::Equals(value.clone()))
            };
            values.iter().map(scalar).collect()
        }
        Json::String(_) | Json::Number(_) => Some(vec![Condition::Equals(value.clone())]),
        Json::Object(operator) if operator.len() == 1 => {
            let (name, value) = operator.iter().next()?;
            match value {
                Json::Array(values) if !values.is_empty() => {
                    values.iter().map(|value| Text::parse(name, value).map(Condition::Text)).collect()
                }
                value => Text::parse(name, value).map(|text| vec![Condition::Text(text)]),
            }
        }
        _ => None,
    }
}

fn network(text: &str) -> Option<Condition> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some(Condition::Network { address, bits })
}

fn in_network(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}
