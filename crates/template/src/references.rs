//! Which resources a property names: the implicit edges of the plan.

use crate::document::{Node, Value};
use crate::intrinsics::{check_supported, get_att_path, logic, sub};
use crate::{Scope, TemplateError};

/// A name that stands for a resource, perhaps with the attribute asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) line: usize,
    pub(crate) resource: String,
    pub(crate) attribute: Option<String>,
}

/// All references in a node, of those `Fn::If` branches only that are chosen.
pub(crate) fn references(node: &Node, scope: &Scope) -> Result<Vec<Reference>, TemplateError> {
    let mut found = Vec::new();
    collect(node, scope, &mut found)?;
    Ok(found)
}

fn collect(node: &Node, scope: &Scope, found: &mut Vec<Reference>) -> Result<(), TemplateError> {
    match node.function() {
        Some(("Ref", name)) => {
            let name = name.as_text().unwrap_or_default();
            add(name, None, node.line, scope, found);
            Ok(())
        }
        Some(("Fn::GetAtt", path)) => {
            let (resource, attribute) = get_att_path(path).ok_or_else(|| {
                TemplateError::at(node.line, "Fn::GetAtt takes Resource.Attribute or [Resource, Attribute]")
            })?;
            add(resource, Some(attribute), node.line, scope, found);
            Ok(())
        }
        Some(("Fn::Sub", argument)) => collect_sub(argument, scope, found),
        Some(("Fn::If", argument)) => collect(logic::branch(argument, scope)?, scope, found),
        Some((name, argument)) => {
            check_supported(name, node.line)?;
            collect(argument, scope, found)
        }
        None => collect_parts(node, scope, found),
    }
}

fn collect_parts(node: &Node, scope: &Scope, found: &mut Vec<Reference>) -> Result<(), TemplateError> {
    match &node.value {
        Value::List(items) => items.iter().try_for_each(|item| collect(item, scope, found)),
        Value::Map(entries) => entries.iter().try_for_each(|(key, entry)| {
            collect(entry, scope, found).map_err(|error| error.in_property(key))
        }),
        _ => Ok(()),
    }
}

fn collect_sub(argument: &Node, scope: &Scope, found: &mut Vec<Reference>) -> Result<(), TemplateError> {
    let (text, further) = sub::form(argument)?;
    for part in sub::parts(text, argument.line)? {
        let sub::Part::Name(name) = part else { continue };
        if further.is_some_and(|map| map.get(name).is_some()) {
            continue;
        }
        match name.split_once('.') {
            Some((resource, attribute)) => add(resource, Some(attribute), argument.line, scope, found),
            None => add(name, None, argument.line, scope, found),
        }
    }
    further.map_or(Ok(()), |map| collect(map, scope, found))
}

fn add(name: &str, attribute: Option<&str>, line: usize, scope: &Scope, found: &mut Vec<Reference>) {
    let is_value = name == "AWS::NoValue"
        || scope.pseudo_parameter(name).is_some()
        || (attribute.is_none() && scope.parameters.contains_key(name));
    if !is_value {
        found.push(Reference { line, resource: name.to_owned(), attribute: attribute.map(str::to_owned) });
    }
}
