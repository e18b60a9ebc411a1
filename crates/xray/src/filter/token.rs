//! The words and signs of a filter expression.

use serde_json::Value as Json;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, an operator in letters, a name.
    Word(String),
    /// Text in quotation marks.
    Text(String),
    Number(f64),
    /// `#` and what follows, in JSON.
    Json(Json),
    /// A sign, or `!=`, `<=`, `>=`.
    Sign(&'static str),
}

const SIGNS: [&str; 15] = ["!=", "<=", ">=", "==", "=", "<", ">", "!", "(", ")", "{", "}", "[", "]", ","];

/// Splits a text; a reason if it cannot be.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '#' => document(rest)?,
            ':' => (Token::Sign(":"), 1),
            first if first.is_ascii_digit() || first == '-' => number(rest)?,
            first if is_word(first) => word(rest),
            _ => sign(rest).ok_or_else(|| format!("{first:?} has no meaning here"))?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '-')
}

fn word(rest: &str) -> (Token, usize) {
    let end = rest.find(|character: char| !is_word(character)).unwrap_or(rest.len());
    (Token::Word(rest[..end].to_owned()), end)
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let (_, end) = word(rest);
    let number = rest[..end].parse::<f64>().ok().filter(|number| number.is_finite());
    number
        .map(|number| (Token::Number(number), end))
        .ok_or_else(|| format!("{:?} is not a number", &rest[..end]))
}

fn sign(rest: &str) -> Option<(Token, usize)> {
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
    Some((Token::Sign(if sign == "==" { "=" } else { sign }), sign.len()))
}

/// Up to the same mark; a backslash takes the next character as it is.
fn quoted(rest: &str, mark: char) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.extend(characters.next().map(|(_, next)| next)),
            character if character == mark => return Ok((Token::Text(text), at + 1)),
            character => text.push(character),
        }
    }
    Err(format!("the text that begins with {mark}{text} has no end"))
}

fn document(rest: &str) -> Result<(Token, usize), String> {
    let mut values = serde_json::Deserializer::from_str(&rest[1..]).into_iter::<Json>();
    match values.next() {
        Some(Ok(json)) => Ok((Token::Json(json), values.byte_offset() + 1)),
        Some(Err(error)) => Err(format!("what follows # is not JSON: {error}")),
        None => Err("nothing follows #".to_owned()),
    }
}
