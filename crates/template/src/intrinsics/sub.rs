//! `Fn::Sub`: `${Name}`, `${Resource.Attribute}`, `${!literal}`, and the form with a map of further names.

use serde_json::Value as Json;

use super::{as_text, attribute_of, named};
use crate::document::{Node, Value};
use crate::{Scope, TemplateError};

fn value_of(name: &str, further: Option<&Node>, line: usize, scope: &Scope) -> Result<Json, TemplateError> {
    if let Some(node) = further.and_then(|map| map.get(name)) {
        return super::evaluate(node, scope);
    }
    match name.split_once('.') {
        Some((resource, attribute)) => attribute_of(resource, attribute, line, scope),
        None => named(name, line, scope),
    }
}

fn substitute(
    text: &str,
    further: Option<&Node>,
    line: usize,
    scope: &Scope,
) -> Result<String, TemplateError> {
    let mut out = String::new();
    for part in parts(text, line)? {
        match part {
            Part::Literal(literal) => out.push_str(literal),
            Part::Escaped(name) => out.extend(["${", name, "}"]),
            Part::Name(name) => out.push_str(&as_text(value_of(name, further, line, scope)?, line)?),
        }
    }
    Ok(out)
}

pub(super) fn evaluate(argument: &Node, scope: &Scope) -> Result<String, TemplateError> {
    let (text, further) = form(argument)?;
    substitute(text, further, argument.line, scope)
}

/// The text and the map of further names.
pub(crate) fn form(argument: &Node) -> Result<(&str, Option<&Node>), TemplateError> {
    let wrong = || TemplateError::at(argument.line, "Fn::Sub takes text, or a list of text and a map");
    match &argument.value {
        Value::Text(text) => Ok((text, None)),
        Value::List(items) => match items.as_slice() {
            [text, map] if map.is_map() => Ok((text.as_text().ok_or_else(wrong)?, Some(map))),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// A piece of the text.
pub(crate) enum Part<'a> {
    Literal(&'a str),
    /// `${!x}`, which stays `${x}`.
    Escaped(&'a str),
    Name(&'a str),
}

pub(crate) fn parts(text: &str, line: usize) -> Result<Vec<Part<'_>>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        parts.push(Part::Literal(before));
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| TemplateError::at(line, "a ${ in Fn::Sub has no closing brace"))?;
        parts.push(match name.strip_prefix('!') {
            Some(literal) => Part::Escaped(literal),
            None => Part::Name(name.trim()),
        });
        rest = after;
    }
    parts.push(Part::Literal(rest));
    Ok(parts)
}
