//! Parameters: given values over defaults, checked against their constraints.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use serde_json::Value as Json;

use crate::document::{Node, Value};
use crate::{Scope, TemplateError};

pub(crate) fn resolve(declared: &[(String, Node)], scope: &mut Scope) -> Result<(), TemplateError> {
    if let Some(unknown) =
        scope.parameters.keys().find(|name| declared.iter().all(|(known, _)| known != *name))
    {
        return Err(TemplateError::at(1, format!("the template has no parameter {unknown}")));
    }
    for (name, declaration) in declared {
        let given = scope.parameters.get(name).and_then(Json::as_str).map(str::to_owned);
        let value =
            value_of(declaration, given).map_err(|error| error.in_property(&format!("Parameters.{name}")))?;
        scope.parameters.insert(name.clone(), value);
    }
    Ok(())
}

fn value_of(declaration: &Node, given: Option<String>) -> Result<Json, TemplateError> {
    let kind = declaration.get("Type").and_then(Node::as_text).unwrap_or("String");
    let text = given.or_else(|| declaration.get("Default").and_then(plain_text)).ok_or_else(|| {
        TemplateError::at(declaration.line, "has no default; give it with --parameter NAME=VALUE")
    })?;
    if kind.starts_with("AWS::SSM::") {
        return Err(TemplateError::at(declaration.line, format!("type {kind} is not supported by Konekuta")));
    }
    check(declaration, kind, &text)?;
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        return Ok(text.split(',').map(|item| Json::String(item.trim().to_owned())).collect());
    }
    Ok(Json::String(text))
}

fn check(declaration: &Node, kind: &str, text: &str) -> Result<(), TemplateError> {
    let refuse = |reason: String| Err(TemplateError::at(declaration.line, reason));
    if kind == "Number" && text.parse::<f64>().is_err() {
        return refuse(format!("{text:?} is not a number"));
    }
    if let Some(Value::List(allowed)) = declaration.get("AllowedValues").map(|node| &node.value) {
        let allowed: Vec<String> = allowed.iter().filter_map(plain_text).collect();
        if !allowed.iter().any(|value| value == text) {
            return refuse(format!("{text:?} is not one of {}", allowed.join(", ")));
        }
    }
    let bound =
        |name: &str| declaration.get(name).and_then(plain_text).and_then(|text| text.parse::<f64>().ok());
    #[allow(clippy::cast_precision_loss, reason = "a text of 2^52 characters is refused long before")]
    let length = text.chars().count() as f64;
    if bound("MinLength").is_some_and(|least| length < least)
        || bound("MaxLength").is_some_and(|most| length > most)
    {
        return refuse(format!("{text:?} is shorter or longer than allowed"));
    }
    if let Ok(number) = text.parse::<f64>()
        && (bound("MinValue").is_some_and(|least| number < least)
            || bound("MaxValue").is_some_and(|most| number > most))
    {
        return refuse(format!("{text} is smaller or larger than allowed"));
    }
    Ok(())
}

/// The text of a scalar, whatever its type.
pub(crate) fn plain_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
