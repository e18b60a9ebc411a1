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
        let document: Json =
            serde_json::from_str(text).map_err(|error| invalid(&format!("failed to parse JSON. {error}")))?;
        let object = document.as_object().ok_or_else(|| invalid("Filter policy must be a JSON object"))?;
        let mut size = Size { keys: 0, combinations: 1 };
        let rules = rules(object, on_body, 1, &mut size)?;
        if size.keys > limits::FILTER_KEYS_MAX {
            return Err(invalid("Filter policy can not have more than 5 keys"));
        }
        if size.combinations > limits::FILTER_COMBINATIONS_MAX {
            return Err(ServiceError::new(
                &errors::FILTER_POLICY_LIMIT,
                "Invalid parameter: FilterPolicy: Filter policy is too complex",
            ));
        }
        Ok(Self { rules, on_body })
    }
}

/// How much a policy asks for.
struct Size {
    keys: usize,
    combinations: usize,
}

fn rules(
    object: &Map<String, Json>,
    on_body: bool,
    depth: usize,
    size: &mut Size,
) -> Result<Rules, ServiceError> {
    let mut rules = Rules::default();
    for (key, value) in object {
        match value {
            Json::Array(alternatives) if key == "$or" => {
                let parsed: Result<Vec<Rules>, _> = alternatives
                    .iter()
                    .map(|one| {
                        let one =
                            one.as_object().ok_or_else(|| invalid("\"$or\" must be an array of objects"))?;
                        self::rules(one, on_body, depth, size)
                    })
                    .collect();
                rules.alternatives.push(parsed?);
            }
            Json::Array(patterns) => {
                if patterns.is_empty() {
                    return Err(invalid("Empty arrays are not allowed"));
                }
                size.keys += 1;
                let weight = if on_body { patterns.len().saturating_mul(depth) } else { patterns.len() };
                size.combinations = size.combinations.saturating_mul(weight);
                let parsed: Result<Vec<Pattern>, _> = patterns.iter().map(pattern).collect();
                rules.keys.push((key.clone(), Condition::Any(parsed?)));
            }
            Json::Object(nested) if on_body => {
                let nested = self::rules(nested, on_body, depth + 1, size)?;
                rules.keys.push((key.clone(), Condition::Nested(nested)));
            }
            Json::Object(_) => {
                return Err(invalid(
                    "Filter policy scope MessageAttributes does not support nested filter policy",
                ));
            }
            _ => return Err(invalid(&format!("\"{key}\" must be an object or an array"))),
        }
    }
    Ok(rules)
}

fn pattern(value: &Json) -> Result<Pattern, ServiceError> {
    let Json::Object(object) = value else {
        return match value {
            Json::Array(_) => Err(invalid("Match value must be String, number, true, false, or null")),
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
        "wildcard" => text(argument, kind).map(Pattern::Wildcard),
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

fn text(argument: &Json, kind: &str) -> Result<String, ServiceError> {
    match argument {
        Json::String(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(invalid(&format!("{kind} match pattern must be a string"))),
    }
}

/// A value, a list of values, or one of the text patterns with a value or list.
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
        let patterns: Result<Vec<Pattern>, _> =
            list(values).iter().map(|value| text(value, kind).map(make)).collect();
        return patterns.map(Pattern::AnythingBut);
    }
    let values = list(argument);
    if values.is_empty() || !values.iter().all(|value| value.is_string() || value.is_number()) {
        return Err(invalid("anything-but match pattern must be a string, a number, or a list of them"));
    }
    Ok(Pattern::AnythingBut(values.into_iter().map(Pattern::Exact).collect()))
}

fn numeric(argument: &Json) -> Result<Pattern, ServiceError> {
    let parts = argument.as_array().ok_or_else(|| invalid("Value of numeric must be an array."))?;
    if parts.is_empty() || parts.len() % 2 != 0 || parts.len() > 4 {
        return Err(invalid("Too many elements in numeric expression"));
    }
    let mut comparisons = Vec::new();
    for pair in parts.chunks(2) {
        let operator = pair[0].as_str().unwrap_or_default();
        let comparison = match operator {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            other => return Err(invalid(&format!("Unrecognized numeric range operator: {other}"))),
        };
        let bound =
            pair[1].as_f64().ok_or_else(|| invalid(&format!("Value of {operator} must be numeric")))?;
        comparisons.push((comparison, bound));
    }
    if let [(low, bottom), (high, top)] = comparisons.as_slice() {
        let lower = matches!(low, Comparison::Greater | Comparison::GreaterOrEqual);
        let upper = matches!(high, Comparison::Less | Comparison::LessOrEqual);
        if !lower || !upper {
            return Err(invalid(&format!(
                "Bad numeric range operator: {}",
                parts[2].as_str().unwrap_or_default()
            )));
        }
        if bottom >= top {
            return Err(invalid("Bottom must be less than top"));
        }
    }
    Ok(Pattern::Numeric(comparisons))
}

fn cidr(text: &str) -> Result<Pattern, ServiceError> {
    let (address, prefix) =
        text.split_once('/').ok_or_else(|| invalid("Malformed CIDR, one '/' required"))?;
    let address: std::net::IpAddr = address.parse().map_err(|_| invalid("Malformed CIDR, bad address"))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.parse().ok().filter(|prefix| *prefix <= most);
    let prefix = prefix.ok_or_else(|| invalid("Malformed CIDR, mask bits must be an integer in range"))?;
    Ok(Pattern::Cidr(Network { address, prefix }))
}
