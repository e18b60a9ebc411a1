//! Lists and texts: `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::FindInMap`, `Fn::Base64`.

use base64::Engine as _;
use serde_json::Value as Json;

use super::{as_text, evaluate};
use crate::document::{Node, Value};
use crate::{Scope, TemplateError};

fn arguments<'a, const N: usize>(argument: &'a Node, form: &str) -> Result<&'a [Node; N], TemplateError> {
    let items = if let Value::List(items) = &argument.value { items.as_slice() } else { &[] };
    items.try_into().map_err(|_| TemplateError::at(argument.line, format!("takes {form}")))
}

fn text(node: &Node, scope: &Scope) -> Result<String, TemplateError> {
    as_text(evaluate(node, scope)?, node.line)
}

fn list(node: &Node, scope: &Scope) -> Result<Vec<Json>, TemplateError> {
    match evaluate(node, scope)? {
        Json::Array(items) => Ok(items),
        _ => Err(TemplateError::at(node.line, "a list is needed here")),
    }
}

pub(super) fn join(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    let [delimiter, values] = arguments(argument, "[delimiter, list]")?;
    let parts: Result<Vec<String>, _> =
        list(values, scope)?.into_iter().map(|value| as_text(value, values.line)).collect();
    Ok(Json::String(parts?.join(&text(delimiter, scope)?)))
}

pub(super) fn split(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    let [delimiter, source] = arguments(argument, "[delimiter, text]")?;
    let delimiter_text = text(delimiter, scope)?;
    if delimiter_text.is_empty() {
        return Err(TemplateError::at(delimiter.line, "the delimiter is empty"));
    }
    Ok(text(source, scope)?.split(&delimiter_text).map(|part| Json::String(part.to_owned())).collect())
}

pub(super) fn select(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    let [index, values] = arguments(argument, "[index, list]")?;
    let index_text = text(index, scope)?;
    let position: usize = index_text
        .parse()
        .map_err(|_| TemplateError::at(index.line, format!("{index_text:?} is not an index")))?;
    list(values, scope)?
        .into_iter()
        .nth(position)
        .ok_or_else(|| TemplateError::at(index.line, format!("the list has no element {position}")))
}

pub(super) fn find_in_map(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    let [map, first, second] = arguments(argument, "[map, top-level key, second-level key]")?;
    let (map, first, second) = (text(map, scope)?, text(first, scope)?, text(second, scope)?);
    let found = scope
        .mappings
        .iter()
        .find(|(name, _)| *name == map)
        .and_then(|(_, table)| table.get(&first))
        .and_then(|row| row.get(&second));
    match found {
        Some(node) => evaluate(node, scope),
        None => Err(TemplateError::at(argument.line, format!("mapping {map} has no {first}.{second}"))),
    }
}

pub(super) fn base64(argument: &Node, scope: &Scope) -> Result<Json, TemplateError> {
    Ok(Json::String(base64::engine::general_purpose::STANDARD.encode(text(argument, scope)?)))
}
