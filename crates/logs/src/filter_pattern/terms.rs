//! `ERROR -timeout "two words" ?this ?that %regex%`: words in a line.

use regex::Regex;

use super::Malformed;
use super::scanner::Scanner;

/// A word or a regular expression.
#[derive(Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Term {
    fn matches(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }
}

/// A pattern of words.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    all: Vec<Term>,
    none: Vec<Term>,
    /// One of these is enough; ignored beside the others, as AWS does it.
    any: Vec<Term>,
}

impl Terms {
    pub(super) fn matches(&self, message: &str) -> bool {
        if self.all.is_empty() && self.none.is_empty() {
            return self.any.iter().any(|term| term.matches(message));
        }
        self.all.iter().all(|term| term.matches(message))
            && !self.none.iter().any(|term| term.matches(message))
    }
}

pub(super) fn parse(text: &str) -> Result<Terms, Malformed> {
    let mut scanner = Scanner::new(text);
    let mut terms = Terms::default();
    while !scanner.is_done() {
        let list = match scanner.peek() {
            Some('-') => &mut terms.none,
            Some('?') => &mut terms.any,
            _ => &mut terms.all,
        };
        if matches!(scanner.peek(), Some('-' | '?')) {
            let _ = scanner.take("-") || scanner.take("?");
        }
        list.push(term(&mut scanner)?);
    }
    Ok(terms)
}

fn term(scanner: &mut Scanner<'_>) -> Result<Term, Malformed> {
    match scanner.peek() {
        Some('"') => scanner.quoted().map(Term::Text),
        Some('%') => scanner.regex().map(Term::Regex),
        _ => {
            let word = scanner.take_while(|next| !next.is_whitespace());
            let plain = |next: char| next.is_alphanumeric() || next == '_';
            if word.is_empty() || !word.chars().all(plain) {
                return Err(Malformed::new(format!("Invalid character(s) in term '{word}'")));
            }
            Ok(Term::Text(word.to_owned()))
        }
    }
}
