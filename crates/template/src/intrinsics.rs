//! Intrinsic functions.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod lists;
pub(crate) mod logic;
pub(crate) mod sub;

use serde_json::{Map, Value as Json};

use crate::document::{Node, Value};
use crate::{Scope, TemplateError};

pub(crate) use logic::truth;

type Evaluated = Result<Option<Json>, TemplateError>;

/// Resolves a node to plain JSON. Entries that come out as `AWS::NoValue` are left out.
pub fn evaluate(node: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    Ok(optional(node, scope)?.unwrap_or(Json::Null))
}

/// Like `evaluate`; `None` for `AWS::NoValue`.
pub(crate) fn optional(node: &Node, scope: &Scope) -> Evaluated {
    if let Some((name, argument)) = node.function() {
        return call(name, argument, scope);
    }
    Ok(Some(match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => {
            text.parse::<serde_json::Number>().map_or_else(|_| Json::String(text.clone()), Json::Number)
        }
        Value::Text(text) => Json::String(static_text(node, text)?),
        Value::List(items) => {
            let values: Result<Vec<_>, _> = items.iter().map(|item| optional(item, scope)).collect();
            Json::Array(values?.into_iter().flatten().collect())
        }
        Value::Map(entries) => {
            let mut object = Map::new();
            for (key, entry) in entries {
                if let Some(value) = optional(entry, scope).map_err(|error| error.in_property(key))? {
                    object.insert(key.clone(), value);
                }
            }
            Json::Object(object)
        }
    }))
}

fn static_text(node: &Node, text: &str) -> Result<String, TemplateError> {
    if text.starts_with("{{resolve:") {
        return Err(TemplateError::at(node.line, "dynamic references are not supported by Konekuta"));
    }
    Ok(text.to_owned())
}

fn call(name: &str, argument: &Node, scope: &Scope) -> Evaluated {
    match name {
        "Ref" => reference(argument, scope),
        "Fn::GetAtt" => get_att(argument, scope).map(Some),
        "Fn::Sub" => sub::evaluate(argument, scope).map(|text| Some(Json::String(text))),
        "Fn::If" => logic::choose(argument, scope),
        "Condition" | "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
            let node = Node::map(argument.line, vec![(name, argument.clone())]);
            truth(&node, scope).map(|value| Some(Json::Bool(value)))
        }
        "Fn::Join" => lists::join(argument, scope).map(Some),
        "Fn::Split" => lists::split(argument, scope).map(Some),
        "Fn::Select" => lists::select(argument, scope).map(Some),
        "Fn::FindInMap" => lists::find_in_map(argument, scope).map(Some),
        "Fn::Base64" => lists::base64(argument, scope).map(Some),
        _ => Err(unsupported(name, argument.line)),
    }
}

/// The functions that can be evaluated.
const SUPPORTED: [&str; 14] = [
    "Ref",
    "Condition",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::If",
    "Fn::Equals",
    "Fn::And",
    "Fn::Or",
    "Fn::Not",
    "Fn::Join",
    "Fn::Split",
    "Fn::Select",
    "Fn::FindInMap",
    "Fn::Base64",
];

fn unsupported(name: &str, line: usize) -> TemplateError {
    TemplateError::at(line, format!("function {name} is not supported by Konekuta"))
}

/// Refuses a function before anything is brought up.
pub(crate) fn check_supported(name: &str, line: usize) -> Result<(), TemplateError> {
    if SUPPORTED.contains(&name) { Ok(()) } else { Err(unsupported(name, line)) }
}

fn reference(argument: &Node, scope: &Scope) -> Evaluated {
    let name = argument.as_text().ok_or_else(|| TemplateError::at(argument.line, "Ref takes a name"))?;
    if name == "AWS::NoValue" {
        return Ok(None);
    }
    named(name, argument.line, scope).map(Some)
}

/// The value of a name: parameter, pseudo parameter or resource.
pub(crate) fn named(name: &str, line: usize, scope: &Scope) -> Result<Json, TemplateError> {
    scope
        .pseudo_parameter(name)
        .or_else(|| scope.parameters.get(name).cloned())
        .or_else(|| scope.resources.get(name).map(|values| Json::String(values.reference.clone())))
        .ok_or_else(|| TemplateError::at(line, format!("{name} names no parameter and no resource")))
}

/// The two forms: `Resource.Attribute` and `[Resource, Attribute]`.
pub(crate) fn get_att_path(argument: &Node) -> Option<(&str, &str)> {
    match &argument.value {
        Value::Text(path) => path.split_once('.'),
        Value::List(parts) => match parts.as_slice() {
            [resource, attribute] => Some((resource.as_text()?, attribute.as_text()?)),
            _ => None,
        },
        _ => None,
    }
}

fn get_att(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    let (resource, attribute) = get_att_path(argument).ok_or_else(|| {
        TemplateError::at(argument.line, "Fn::GetAtt takes Resource.Attribute or [Resource, Attribute]")
    })?;
    attribute_of(resource, attribute, argument.line, scope)
}

pub(crate) fn attribute_of(
    resource: &str,
    attribute: &str,
    line: usize,
    scope: &Scope,
) -> Result<Json, TemplateError> {
    let values = scope.resources.get(resource).ok_or_else(|| {
        TemplateError::at(line, format!("{resource} is not a resource of this template (or is switched off)"))
    })?;
    values
        .attributes
        .get(attribute)
        .map(|value| Json::String(value.clone()))
        .ok_or_else(|| TemplateError::at(line, format!("{resource} has no attribute {attribute}")))
}

/// A value as text, where a function needs text.
pub(crate) fn as_text(value: Json, line: usize) -> Result<String, TemplateError> {
    match value {
        Json::String(text) => Ok(text),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => Err(TemplateError::at(line, "text is needed here, not a list or map")),
    }
}

#[cfg(test)]
mod tests;
