//! `Globals.Function`: what every function of the template has in common.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use crate::TemplateError;
use crate::document::{Node, Value};
use crate::plan::Declared;

/// The common properties of functions; other kinds of globals would have nothing to act on.
pub(crate) fn function(globals: Option<&Node>) -> Result<Option<&Node>, TemplateError> {
    let Some(globals) = globals else { return Ok(None) };
    match globals.entries().iter().find(|(kind, _)| kind != "Function") {
        Some((kind, node)) => {
            Err(TemplateError::at(node.line, format!("Globals.{kind} is not supported by Konekuta")))
        }
        None => Ok(globals.get("Function")),
    }
}

pub(crate) fn merged(globals: Option<&Node>, mut function: Declared) -> Declared {
    if let Some(globals) = globals {
        function.properties = merge(globals, &function.properties);
    }
    function
}

/// Maps are merged, lists appended, everything else is the function's own.
fn merge(global: &Node, own: &Node) -> Node {
    match (&global.value, &own.value) {
        (Value::Map(_), Value::Map(entries)) if global.function().is_none() && own.function().is_none() => {
            let mut merged = global.clone();
            for (key, node) in entries {
                let node = global.get(key).map_or_else(|| node.clone(), |inherited| merge(inherited, node));
                merged.set(key, node);
            }
            Node { line: own.line, ..merged }
        }
        (Value::List(inherited), Value::List(items)) => {
            Node::list(own.line, inherited.iter().chain(items).cloned().collect())
        }
        _ => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::document::parse;

    #[test]
    fn maps_merge_lists_append_scalars_are_overridden() {
        let global = parse("Timeout: 3\nEnvironment: {Variables: {A: 1, B: 2}}\nPolicies: [x]").unwrap();
        let own = parse("Timeout: 9\nEnvironment: {Variables: {B: 3}}\nPolicies: [y]").unwrap();
        let merged = merge(&global, &own);
        let variables = merged.get("Environment").unwrap().get("Variables").unwrap();
        assert_eq!(merged.get("Timeout").unwrap().value, crate::Value::Number("9".into()));
        assert_eq!(variables.get("A").unwrap().value, crate::Value::Number("1".into()));
        assert_eq!(variables.get("B").unwrap().value, crate::Value::Number("3".into()));
        let crate::Value::List(policies) = &merged.get("Policies").unwrap().value else { panic!("a list") };
        assert_eq!(policies.len(), 2);
    }
}
