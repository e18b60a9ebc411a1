//! What a member or a field is compared with: numbers, texts with `*`, regular expressions.

use std::cmp::Ordering;

use regex::Regex;

use super::Malformed;
use super::scanner::Scanner;

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// With what.
#[derive(Debug)]
pub(crate) enum Operand {
    Number(f64),
    /// `*` stands for anything.
    Text(String),
    Regex(Regex),
}

/// Both.
#[derive(Debug)]
pub(crate) struct Comparison {
    operator: Operator,
    operand: Operand,
}

impl Operator {
    /// The next one, if there is one.
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Option<Self> {
        let all = [
            ("!=", Self::NotEqual),
            ("<=", Self::LessOrEqual),
            (">=", Self::GreaterOrEqual),
            ("=", Self::Equal),
            ("<", Self::Less),
            (">", Self::Greater),
        ];
        all.into_iter().find_map(|(text, operator)| scanner.take(text).then_some(operator))
    }
}

impl Comparison {
    /// Reads what stands behind the operator. `ends` says where an unquoted text ends.
    pub(super) fn parse(
        scanner: &mut Scanner<'_>,
        operator: Operator,
        ends: impl Fn(char) -> bool,
    ) -> Result<Self, Malformed> {
        scanner.skip_spaces();
        let operand = match scanner.peek() {
            Some('"') => Operand::Text(scanner.quoted()?),
            Some('%') => Operand::Regex(scanner.regex()?),
            _ => {
                let word = scanner.take_while(|next| !next.is_whitespace() && !ends(next));
                match word.parse() {
                    _ if word.is_empty() => return Err(Malformed::new("a value is missing")),
                    Ok(number) => Operand::Number(number),
                    Err(_) => Operand::Text(word.to_owned()),
                }
            }
        };
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if ordered && !matches!(operand, Operand::Number(_)) {
            return Err(Malformed::new("only numbers are greater or less"));
        }
        Ok(Self { operator, operand })
    }

    /// Whether a text satisfies it; numbers are compared as such where the pattern has one.
    pub(super) fn holds_for_text(&self, text: &str) -> bool {
        match &self.operand {
            Operand::Number(number) => match text.parse() {
                Ok(found) => self.holds_for_number(found, *number),
                Err(_) => self.operator == Operator::NotEqual,
            },
            Operand::Text(wanted) => wildcard(wanted, text) == (self.operator == Operator::Equal),
            Operand::Regex(regex) => regex.is_match(text) == (self.operator == Operator::Equal),
        }
    }

    /// Whether a member of a document satisfies it.
    pub(super) fn holds_for_json(&self, value: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (value, &self.operand) {
            (Json::Number(found), Operand::Number(wanted)) => {
                found.as_f64().is_some_and(|found| self.holds_for_number(found, *wanted))
            }
            (Json::String(text), Operand::Number(_)) if self.operator == Operator::NotEqual => {
                self.holds_for_text(text)
            }
            (Json::String(text), Operand::Text(_) | Operand::Regex(_)) => self.holds_for_text(text),
            (Json::Number(_) | Json::Bool(_), Operand::Text(_) | Operand::Regex(_)) => {
                self.holds_for_text(&value.to_string())
            }
            (Json::Null, _) => false,
            _ => self.operator == Operator::NotEqual,
        }
    }

    fn holds_for_number(&self, found: f64, wanted: f64) -> bool {
        let order = found.partial_cmp(&wanted);
        match self.operator {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::NotEqual => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Whether a text is what a pattern with `*` says.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').collect::<Vec<_>>();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}
