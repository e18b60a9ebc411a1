//! `[ip, user, ..., status_code = 4*, bytes > 1000 || bytes = 0]`: fields between spaces.

use std::collections::HashMap;

use super::Malformed;
use super::comparison::{Comparison, Operator};
use super::scanner::Scanner;

/// A pattern of fields.
#[derive(Debug)]
pub(crate) struct Fields {
    before: Vec<Field>,
    /// `...` was there: what follows is counted from the end.
    any_number: bool,
    after: Vec<Field>,
}

/// One field: its name, and what it must satisfy.
#[derive(Debug)]
struct Field {
    name: String,
    /// One list must hold whole.
    any: Vec<Vec<(String, Comparison)>>,
}

impl Fields {
    pub(super) fn matches(&self, message: &str) -> bool {
        let found = split(message);
        let wanted = self.before.len() + self.after.len();
        if found.len() < wanted || (!self.any_number && found.len() != wanted) {
            return false;
        }
        let (head, tail) = (&found[..self.before.len()], &found[found.len() - self.after.len()..]);
        let fields = || self.before.iter().zip(head).chain(self.after.iter().zip(tail));
        let named: HashMap<&str, &str> = fields().map(|(field, text)| (&*field.name, &**text)).collect();
        fields().all(|(field, _)| {
            field.any.is_empty()
                || field.any.iter().any(|all| {
                    let holds = |(name, comparison): &(String, Comparison)| {
                        named.get(name.as_str()).is_some_and(|text| comparison.holds_for_text(text))
                    };
                    all.iter().all(holds)
                })
        })
    }
}

pub(super) fn parse(text: &str) -> Result<Fields, Malformed> {
    let mut scanner = Scanner::new(text);
    scanner.expect("[")?;
    let mut fields = Fields { before: Vec::new(), any_number: false, after: Vec::new() };
    loop {
        if scanner.take("...") {
            if std::mem::replace(&mut fields.any_number, true) {
                return Err(Malformed::new("'...' may stand once"));
            }
        } else {
            let field = field(&mut scanner)?;
            if fields.any_number { fields.after.push(field) } else { fields.before.push(field) }
        }
        if !scanner.take(",") {
            scanner.expect("]")?;
            return if scanner.is_done() {
                Ok(fields)
            } else {
                Err(Malformed::new("something follows the closing bracket"))
            };
        }
    }
}

fn field(scanner: &mut Scanner<'_>) -> Result<Field, Malformed> {
    let own = name(scanner)?;
    let mut field = Field { name: own.clone(), any: Vec::new() };
    let Some(comparison) = comparison(scanner)? else { return Ok(field) };
    field.any.push(vec![(own, comparison)]);
    loop {
        let alternative = if scanner.take("||") {
            true
        } else if scanner.take("&&") {
            false
        } else {
            return Ok(field);
        };
        let name = name(scanner)?;
        let comparison = comparison_or_error(scanner)?;
        if alternative {
            field.any.push(Vec::new());
        }
        if let Some(all) = field.any.last_mut() {
            all.push((name, comparison));
        }
    }
}

fn name(scanner: &mut Scanner<'_>) -> Result<String, Malformed> {
    scanner.skip_spaces();
    let name = scanner.take_while(|next| next.is_alphanumeric() || next == '_' || next == '*');
    if name.is_empty() {
        return Err(Malformed::new("a field has no name"));
    }
    Ok(name.to_owned())
}

fn comparison(scanner: &mut Scanner<'_>) -> Result<Option<Comparison>, Malformed> {
    match Operator::parse(scanner) {
        Some(operator) => Comparison::parse(scanner, operator, |next| ",]&|".contains(next)).map(Some),
        None => Ok(None),
    }
}

fn comparison_or_error(scanner: &mut Scanner<'_>) -> Result<Comparison, Malformed> {
    comparison(scanner)?.ok_or_else(|| Malformed::new("an operator is missing"))
}

/// Words between spaces; what stands in brackets or quotation marks is one.
fn split(message: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = message.trim();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let whole = closing.and_then(|closing| rest[1..].find(closing));
        let (field, after) = match whole {
            Some(end) => (&rest[1..=end], &rest[end + 2..]),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        fields.push(field.to_owned());
        rest = after.trim_start();
    }
    fields
}
