//! Reading a pattern from left to right.

use regex::Regex;

use super::Malformed;

/// A compiled regular expression takes at most so much, bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Where one is in a pattern.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn is_done(&mut self) -> bool {
        self.skip_spaces();
        self.rest.is_empty()
    }

    /// Steps over a text that comes next, spaces before it aside.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A word of the language, in whatever letters, that is not part of a longer one.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let Some(head) = trimmed.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)) else {
            return false;
        };
        let rest = &trimmed[head.len()..];
        if rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), Malformed> {
        if self.take(text) {
            return Ok(());
        }
        Err(Malformed::new(format!("'{text}' expected at '{}'", self.rest)))
    }

    /// What satisfies a condition.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !wanted(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A text in double quotes; a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self) -> Result<String, Malformed> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, next @ ('"' | '\\'))) => text.push(next),
                    Some((_, next)) => text.extend(['\\', next]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(Malformed::new("a quotation mark is not closed"))
    }

    /// A regular expression between percent signs.
    pub(super) fn regex(&mut self) -> Result<Regex, Malformed> {
        self.expect("%")?;
        let Some((pattern, rest)) = self.rest.split_once('%') else {
            return Err(Malformed::new("a regular expression is not closed by %"));
        };
        self.rest = rest;
        let built = regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build();
        built.map_err(|_| Malformed::new(format!("%{pattern}% is no regular expression")))
    }
}
