//! `{ $.a.b[0] = "x*" && ($.n > 5 || $.gone NOT EXISTS) }`: members of a JSON document.

use serde_json::Value as Json;

use super::Malformed;
use super::comparison::{Comparison, Operator};
use super::scanner::Scanner;

/// Brackets within brackets.
const DEPTH_MAX: usize = 32;

/// What a document must satisfy.
#[derive(Debug)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    One { path: Vec<Step>, condition: Condition },
}

/// A step into a document.
#[derive(Debug)]
pub(crate) enum Step {
    Member(String),
    Element(usize),
    EveryElement,
}

/// What is asked of a member.
#[derive(Debug)]
pub(crate) enum Condition {
    Compare(Comparison),
    Is(Json),
    Exists,
    NotExists,
}

pub(super) fn parse(text: &str) -> Result<Expression, Malformed> {
    let mut scanner = Scanner::new(text);
    scanner.expect("{")?;
    let expression = any(&mut scanner, 0)?;
    scanner.expect("}")?;
    if !scanner.is_done() {
        return Err(Malformed::new("something follows the closing bracket"));
    }
    Ok(expression)
}

fn any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, Malformed> {
    let mut expressions = vec![all(scanner, depth)?];
    while scanner.take("||") {
        expressions.push(all(scanner, depth)?);
    }
    Ok(if expressions.len() == 1 { expressions.remove(0) } else { Expression::Any(expressions) })
}

fn all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, Malformed> {
    let mut expressions = vec![one(scanner, depth)?];
    while scanner.take("&&") {
        expressions.push(one(scanner, depth)?);
    }
    Ok(if expressions.len() == 1 { expressions.remove(0) } else { Expression::All(expressions) })
}

fn one(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, Malformed> {
    if depth > DEPTH_MAX {
        return Err(Malformed::new("too many brackets"));
    }
    if scanner.take("(") {
        let inner = any(scanner, depth + 1)?;
        scanner.expect(")")?;
        return Ok(inner);
    }
    let path = path(scanner)?;
    let condition = condition(scanner)?;
    Ok(Expression::One { path, condition })
}

fn path(scanner: &mut Scanner<'_>) -> Result<Vec<Step>, Malformed> {
    scanner.expect("$")?;
    let mut steps = Vec::new();
    loop {
        match scanner.peek() {
            Some('.') => {
                scanner.expect(".")?;
                if scanner.peek() != Some('[') {
                    let name = scanner.take_while(|next| next.is_alphanumeric() || "_-@$:/".contains(next));
                    if name.is_empty() {
                        return Err(Malformed::new("a selector has an empty name"));
                    }
                    steps.push(Step::Member(name.to_owned()));
                }
            }
            Some('[') => steps.push(bracket(scanner)?),
            _ => return Ok(steps),
        }
    }
}

/// `[0]`, `[*]`, `['name']`.
fn bracket(scanner: &mut Scanner<'_>) -> Result<Step, Malformed> {
    scanner.expect("[")?;
    let inside = scanner.take_while(|next| next != ']').trim().to_owned();
    scanner.expect("]")?;
    if inside == "*" {
        return Ok(Step::EveryElement);
    }
    if let Ok(index) = inside.parse() {
        return Ok(Step::Element(index));
    }
    let quoted = inside.strip_prefix(['\'', '"']).and_then(|name| name.strip_suffix(['\'', '"']));
    let name = quoted.ok_or_else(|| Malformed::new(format!("[{inside}] selects nothing")))?;
    Ok(Step::Member(name.to_owned()))
}

fn condition(scanner: &mut Scanner<'_>) -> Result<Condition, Malformed> {
    if scanner.take_word("NOT") {
        let exists = scanner.take_word("EXISTS");
        return exists
            .then_some(Condition::NotExists)
            .ok_or_else(|| Malformed::new("EXISTS expected after NOT"));
    }
    if scanner.take_word("EXISTS") {
        return Ok(Condition::Exists);
    }
    if scanner.take_word("IS") {
        for (word, value) in [("NULL", Json::Null), ("TRUE", Json::Bool(true)), ("FALSE", Json::Bool(false))]
        {
            if scanner.take_word(word) {
                return Ok(Condition::Is(value));
            }
        }
        return Err(Malformed::new("NULL, TRUE or FALSE expected after IS"));
    }
    let operator = Operator::parse(scanner).ok_or_else(|| Malformed::new("an operator is missing"))?;
    Comparison::parse(scanner, operator, |next| "})&|".contains(next)).map(Condition::Compare)
}

/// Whether a line is a JSON document that satisfies the expression.
pub(super) fn matches(expression: &Expression, message: &str) -> bool {
    let message = message.trim();
    if !message.starts_with(['{', '[']) {
        return false;
    }
    serde_json::from_str(message).is_ok_and(|document| holds(expression, &document))
}

fn holds(expression: &Expression, document: &Json) -> bool {
    match expression {
        Expression::All(expressions) => expressions.iter().all(|expression| holds(expression, document)),
        Expression::Any(expressions) => expressions.iter().any(|expression| holds(expression, document)),
        Expression::One { path, condition } => {
            let found = find(document, path);
            match condition {
                Condition::Exists => !found.is_empty(),
                Condition::NotExists => found.is_empty(),
                Condition::Is(value) => found.contains(&value),
                Condition::Compare(comparison) => {
                    found.into_iter().any(|value| comparison.holds_for_json(value))
                }
            }
        }
    }
}

fn find<'a>(document: &'a Json, path: &[Step]) -> Vec<&'a Json> {
    let mut found = vec![document];
    for step in path {
        found = found.into_iter().flat_map(|value| into(value, step)).collect();
    }
    found
}

fn into<'a>(value: &'a Json, step: &Step) -> Vec<&'a Json> {
    match (value, step) {
        (Json::Object(members), Step::Member(name)) => members.get(name).into_iter().collect(),
        (Json::Array(elements), Step::Element(index)) => elements.get(*index).into_iter().collect(),
        (Json::Array(elements), Step::EveryElement) => elements.iter().collect(),
        _ => Vec::new(),
    }
}
