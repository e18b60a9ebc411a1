//! Truths: `Fn::If`, `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, `Condition`.

use super::{evaluate, optional};
use crate::document::{Node, Value};
use crate::{Scope, TemplateError};

/// `Fn::If`: the branch that the condition chooses; `None` where that is `AWS::NoValue`.
pub(super) fn choose(argument: &Node, scope: &Scope) -> super::Evaluated {
    optional(branch(argument, scope)?, scope)
}

/// The node that `Fn::If` stands for.
pub(crate) fn branch<'a>(argument: &'a Node, scope: &Scope) -> Result<&'a Node, TemplateError> {
    let [condition, then, otherwise] = items(argument) else {
        return Err(TemplateError::at(argument.line, "Fn::If takes [condition, value, other value]"));
    };
    let name = condition
        .as_text()
        .ok_or_else(|| TemplateError::at(condition.line, "Fn::If takes the name of a condition"))?;
    Ok(if condition_named(name, condition.line, scope)? { then } else { otherwise })
}

/// Evaluates a condition expression.
pub(crate) fn truth(node: &Node, scope: &Scope) -> Result<bool, TemplateError> {
    let wrong = |message: &str| Err(TemplateError::at(node.line, message));
    match node.function() {
        Some(("Condition", name)) => condition_named(name.as_text().unwrap_or_default(), node.line, scope),
        Some(("Fn::Equals", argument)) => match items(argument) {
            [left, right] => equal(left, right, scope),
            _ => wrong("Fn::Equals takes two values"),
        },
        Some(("Fn::Not", argument)) => match items(argument) {
            [one] => Ok(!truth(one, scope)?),
            _ => wrong("Fn::Not takes one condition"),
        },
        Some((name @ ("Fn::And" | "Fn::Or"), argument)) => {
            let truths: Result<Vec<bool>, _> = items(argument).iter().map(|one| truth(one, scope)).collect();
            let truths = truths?;
            if !(2..=10).contains(&truths.len()) {
                return wrong("takes two to ten conditions");
            }
            Ok(if name == "Fn::And" { truths.iter().all(|one| *one) } else { truths.iter().any(|one| *one) })
        }
        _ => wrong("a condition is Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"),
    }
}

/// Values are compared as CloudFormation compares them: as text, so that `true` equals `"true"`.
fn equal(left: &Node, right: &Node, scope: &Scope) -> Result<bool, TemplateError> {
    let text = |node: &Node| Ok(super::as_text(evaluate(node, scope)?, node.line).ok());
    let (a, b): (Option<String>, Option<String>) = (text(left)?, text(right)?);
    match (a, b) {
        (Some(a), Some(b)) => Ok(a == b),
        _ => Ok(evaluate(left, scope)? == evaluate(right, scope)?),
    }
}

pub(crate) fn condition_named(name: &str, line: usize, scope: &Scope) -> Result<bool, TemplateError> {
    scope
        .conditions
        .get(name)
        .copied()
        .ok_or_else(|| TemplateError::at(line, format!("the template has no condition {name}")))
}

fn items(node: &Node) -> &[Node] {
    if let Value::List(items) = &node.value { items } else { &[] }
}
