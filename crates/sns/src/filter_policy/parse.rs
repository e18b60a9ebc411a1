//! From text to rules, with AWS's own errors.

use serde_json::{Map, Value as Json};
use service::ServiceError;

use super::{Comparison, Condition, FilterPolicy, Network, Pattern, Rules};
use crate::{errors, limits};

fn invalid(reason: &str) -> ServiceError {
    errors::invalid(&format!("FilterPolicy: {reason}"))
}

impl FilterPolicy {
    /// Parses and checks a policy for a scope (`MessageAttributes` unless given).
    pub(crate) fn parse(text: &str, scope: Option<&str>) -> Result<Self, ServiceError> {
        let on_body = scope == Some("MessageBody");
        if text.len() > limits::FILTER_BYTES_MAX {
            return Err(invalid("Filter policy is too long"));
        }
        let document: Json =
            serde_json::from_str(text).map_err(|error| invalid(&format!("failed to parse JSON. {error}")))?;
        let object = document.as_object().ok_or_else(|| invalid("Filter policy must be a JSON object"))?;
        // Keys below others are not counted.
        if object.len() > limits::FILTER_KEYS_MAX {
            return Err(invalid("Filter policy can not have more than 5 keys"));
        }
        let (rules, combinations) = rules(object, on_body, 1)?;
        if combinations > limits::FILTER_COMBINATIONS_MAX {
            return Err(invalid("Filter policy is too complex"));
        }
        Ok(Self { rules, on_body })
    }
}

/// The rules of an object and how many combinations of values they ask for: the product over its keys, in which each
/// value counts as often as it lies deep; the sum over alternatives.
fn rules(object: &Map<String, Json>, on_body: bool, depth: usize) -> Result<(Rules, usize), ServiceError> {
    let (mut rules, mut combinations) = (Rules::default(), 1_usize);
    for (key, value) in object {
        let weight = match value {
            Json::Array(alternatives) if key == "$or" && are_alternatives(alternatives) => {
                let (parsed, weight) = self::alternatives(alternatives, on_body, depth)?;
                rules.alternatives.push(parsed);
                weight
            }
            Json::Array(patterns) => {
                if patterns.is_empty() {
                    return Err(invalid("Empty arrays are not allowed"));
                }
                let parsed: Result<Vec<Pattern>, _> = patterns.iter().map(pattern).collect();
                rules.keys.push((key.clone(), Condition::Any(parsed?)));
                if on_body { patterns.len().saturating_mul(depth) } else { patterns.len() }
            }
            Json::Object(nested) if nested.is_empty() => {
                return Err(invalid("Empty objects are not allowed"));
            }
            Json::Object(nested) if on_body => {
                let (nested, weight) = self::rules(nested, on_body, depth + 1)?;
                rules.keys.push((key.clone(), Condition::Nested(nested)));
                weight
            }
            Json::Object(_) => {
                return Err(invalid(
                    "Filter policy scope MessageAttributes does not support nested filter policy",
                ));
            }
            _ => return Err(invalid(&format!("\"{key}\" must be an object or an array"))),
        };
        combinations = combinations.saturating_mul(weight);
    }
    Ok((rules, combinations))
}

/// Only several objects of keys are alternatives; else `$or` is a key as others are.
fn are_alternatives(given: &[Json]) -> bool {
    let is_alternative = |one: &Json| {
        one.as_object().is_some_and(|object| {
            !object.is_empty() && !object.keys().any(|key| OPERATORS.contains(&key.as_str()))
        })
    };
    given.len() > 1 && given.iter().all(is_alternative)
}

fn alternatives(given: &[Json], on_body: bool, depth: usize) -> Result<(Vec<Rules>, usize), ServiceError> {
    let (mut parsed, mut sum) = (Vec::new(), 0_usize);
    for object in given.iter().filter_map(Json::as_object) {
        let (rules, combinations) = rules(object, on_body, depth)?;
        parsed.push(rules);
        sum = sum.saturating_add(combinations);
    }
    Ok((parsed, sum))
}

const OPERATORS: [&str; 8] =
    ["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"];

fn pattern(value: &Json) -> Result<Pattern, ServiceError> {
    let Json::Object(object) = value else {
        return match value {
            Json::Array(_) => Err(invalid("Match value must be String, number, true, false, or null")),
            Json::Number(number) => {
                in_range(number.as_f64().unwrap_or(f64::NAN))?;
                Ok(Pattern::Exact(value.clone()))
            }
            scalar => Ok(Pattern::Exact(scalar.clone())),
        };
    };
    let mut entries = object.iter();
    let (Some((kind, argument)), None) = (entries.next(), entries.next()) else {
        return Err(invalid("Only one key allowed in match expression"));
    };
    match kind.as_str() {
        "prefix" => text(argument, kind).map(Pattern::Prefix),
        "suffix" => text(argument, kind).map(Pattern::Suffix),
        "wildcard" => wildcard(text(argument, kind)?).map(Pattern::Wildcard),
        "equals-ignore-case" => text(argument, kind).map(Pattern::EqualsIgnoreCase),
        "anything-but" => anything_but(argument),
        "numeric" => numeric(argument),
        "exists" => match argument {
            Json::Bool(exists) => Ok(Pattern::Exists(*exists)),
            _ => Err(invalid("exists match pattern must be either true or false.")),
        },
        "cidr" => cidr(&text(argument, kind)?),
        other => Err(invalid(&format!("Unrecognized match type {other}"))),
    }
}

/// Numbers beyond are not compared exactly.
fn in_range(number: f64) -> Result<(), ServiceError> {
    if number.abs() <= limits::FILTER_NUMBER_MAX {
        return Ok(());
    }
    Err(invalid("Value must be between -1.0E9 and 1.0E9, inclusive"))
}

fn text(argument: &Json, kind: &str) -> Result<String, ServiceError> {
    match argument {
        Json::String(text) if text.is_empty() && matches!(kind, "prefix" | "suffix") => {
            Err(invalid("Null prefix/suffix not allowed"))
        }
        Json::String(text) => Ok(text.clone()),
        _ => Err(invalid(&format!("{kind} match pattern must be a string"))),
    }
}

fn wildcard(text: String) -> Result<String, ServiceError> {
    if text.contains("**") { Err(invalid("Consecutive wildcard characters")) } else { Ok(text) }
}

/// A value, a list of values, or one of the text patterns with a value or list. AWS's page has `prefix` only; the others
/// are understood as its event patterns understand them.
fn anything_but(argument: &Json) -> Result<Pattern, ServiceError> {
    let list = |value: &Json| match value {
        Json::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    if let Json::Object(object) = argument {
        let mut entries = object.iter();
        let (Some((kind, values)), None) = (entries.next(), entries.next()) else {
            return Err(invalid("Only one key allowed in match expression"));
        };
        let make: fn(String) -> Pattern = match kind.as_str() {
            "prefix" => Pattern::Prefix,
            "suffix" => Pattern::Suffix,
            "wildcard" => Pattern::Wildcard,
            "equals-ignore-case" => Pattern::EqualsIgnoreCase,
            other => return Err(invalid(&format!("Unsupported anything-but pattern: {other}"))),
        };
        let values = list(values);
        if values.is_empty() {
            return Err(invalid("Empty arrays are not allowed"));
        }
        let patterns: Result<Vec<Pattern>, _> =
            values.iter().map(|value| text(value, kind).map(make)).collect();
        return patterns.map(Pattern::AnythingBut);
    }
    let values = list(argument);
    if !values.iter().all(|value| value.is_string() || value.is_number()) {
        return Err(invalid("Inside anything but list, start|null|boolean is not supported."));
    }
    let all_alike = values.iter().all(Json::is_string) || values.iter().all(Json::is_number);
    if values.is_empty() || !all_alike {
        return Err(invalid(
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ));
    }
    values.iter().filter_map(Json::as_f64).try_for_each(in_range)?;
    Ok(Pattern::AnythingBut(values.into_iter().map(Pattern::Exact).collect()))
}

/// `["=", n]`, one bound, or a lower bound and then an upper one.
fn numeric(argument: &Json) -> Result<Pattern, ServiceError> {
    let parts = argument.as_array().ok_or_else(|| invalid("Value of numeric must be an array."))?;
    let Some(first) = parts.first() else {
        return Err(invalid("Invalid member in numeric match: ]"));
    };
    let (low, bottom) = comparison(first, parts.get(1), "Unrecognized numeric range operator")?;
    let lower = matches!(low, Comparison::Greater | Comparison::GreaterOrEqual);
    match parts.len() {
        2 => return Ok(Pattern::Numeric(vec![(low, bottom)])),
        3 | 4 if lower => {}
        _ => return Err(invalid("Too many elements in numeric expression")),
    }
    let (high, top) = comparison(&parts[2], parts.get(3), "Bad numeric range operator")?;
    if !matches!(high, Comparison::Less | Comparison::LessOrEqual) {
        let operator = parts[2].as_str().unwrap_or_default();
        return Err(invalid(&format!("Bad numeric range operator: {operator}")));
    }
    if bottom >= top {
        return Err(invalid("Bottom must be less than top"));
    }
    Ok(Pattern::Numeric(vec![(low, bottom), (high, top)]))
}

fn comparison(
    operator: &Json,
    bound: Option<&Json>,
    unknown: &str,
) -> Result<(Comparison, f64), ServiceError> {
    let Some(name) = operator.as_str() else {
        return Err(invalid(&format!("Invalid member in numeric match: {operator}")));
    };
    let comparison = match name {
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        other => return Err(invalid(&format!("{unknown}: {other}"))),
    };
    let number = bound.and_then(Json::as_f64);
    let number = number.ok_or_else(|| invalid(&format!("Value of {name} must be numeric")))?;
    in_range(number)?;
    Ok((comparison, number))
}

fn cidr(text: &str) -> Result<Pattern, ServiceError> {
    let (address, prefix) =
        text.split_once('/').ok_or_else(|| invalid("Malformed CIDR, one '/' required"))?;
    let address: std::net::IpAddr =
        address.parse().map_err(|_| invalid(&format!("Nonstandard IP address: {address}")))?;
    let prefix: i64 = prefix.parse().map_err(|_| invalid("Malformed CIDR, mask bits must be an integer"))?;
    let (most, name) = if address.is_ipv4() { (32, "IPv4") } else { (128, "IPv6") };
    match u8::try_from(prefix) {
        Ok(prefix) if prefix <= most => Ok(Pattern::Cidr(Network { address, prefix })),
        _ if prefix < 0 => Err(invalid("Malformed CIDR, mask bits must not be negative")),
        _ => Err(invalid(&format!("{name} mask bits must be < {most}"))),
    }
}
