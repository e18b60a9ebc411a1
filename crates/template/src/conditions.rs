//! The Conditions section: named truths, evaluated once, in whatever order they name each other.

use std::collections::BTreeMap;

use crate::document::Node;
use crate::intrinsics::truth;
use crate::{Scope, TemplateError};

pub(crate) fn resolve(declared: &[(String, Node)], scope: &mut Scope) -> Result<(), TemplateError> {
    let mut left: BTreeMap<&str, &Node> = declared.iter().map(|(name, node)| (name.as_str(), node)).collect();
    while let Some(name) =
        left.keys().copied().find(|name| needs(left[name]).all(|need| !left.contains_key(need)))
    {
        let node = left[name];
        let value = truth(node, scope).map_err(|error| error.in_property(&format!("Conditions.{name}")))?;
        scope.conditions.insert(name.to_owned(), value);
        left.remove(name);
    }
    match left.into_iter().next() {
        None => Ok(()),
        Some((name, node)) => {
            Err(TemplateError::at(node.line, format!("condition {name} depends on itself through others")))
        }
    }
}

/// The conditions that an expression names.
fn needs(node: &Node) -> Box<dyn Iterator<Item = &str> + '_> {
    match node.function() {
        Some(("Condition", name)) => Box::new(name.as_text().into_iter()),
        Some((_, argument)) => needs_of_parts(argument),
        None => needs_of_parts(node),
    }
}

fn needs_of_parts(node: &Node) -> Box<dyn Iterator<Item = &str> + '_> {
    match &node.value {
        crate::Value::List(items) => Box::new(items.iter().flat_map(needs)),
        crate::Value::Map(entries) => Box::new(entries.iter().flat_map(|(_, node)| needs(node))),
        _ => Box::new(std::iter::empty()),
    }
}
