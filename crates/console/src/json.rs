//! Payloads as people read them: JSON indented and coloured in the order in which it came, all else as it is.

use maud::{Markup, PreEscaped, html};
use serde::de::IgnoredAny;

use crate::limits::SHOWN_BYTES;
use crate::texts::Texts;

/// Nesting beyond this is not indented further.
const INDENT_MAX: usize = 32;

/// A text of any kind; JSON in JSON (an SNS envelope's message) is shown below it as well.
pub(crate) fn payload(texts: &Texts, text: &str) -> Markup {
    let (shown, cut) = cut(text);
    let is_json = cut == 0 && is_document(text);
    let within = if is_json { message_within(text) } else { None };
    html! {
        @if text.is_empty() { p.faint { (texts.empty) } }
        @else { pre.payload tabindex="0" { @if is_json { (document(text)) } @else { (shown) } } }
        @if cut > 0 { p.faint { (texts.left_out) " " (crate::figures::size(cut as u64)) } }
        @if let Some(message) = within {
            p.caption { (texts.message_within) }
            pre.payload tabindex="0" { (document(&message)) }
        }
    }
}

/// As much as is shown, and how many bytes are not.
fn cut(text: &str) -> (&str, usize) {
    let mut end = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], text.len() - end)
}

/// An object or a list.
fn is_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The `Message` of an envelope, where it is a document itself.
fn message_within(text: &str) -> Option<String> {
    let envelope: serde_json::Value = serde_json::from_str(text).ok()?;
    let message = envelope.get("Message")?.as_str()?;
    is_document(message).then(|| message.to_owned())
}

/// A valid document, indented and coloured.
fn document(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            blank if blank.is_ascii_whitespace() => {
                rest = &rest[1..];
                continue;
            }
            _ => rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        match first {
            '{' | '[' => {
                out.push(first);
                let closes = rest.trim_start();
                if let Some(after) = closes.strip_prefix(['}', ']']) {
                    out.push(if first == '{' { '}' } else { ']' });
                    rest = after;
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(first);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' if rest.trim_start().starts_with(':') => span(&mut out, "k", token),
            '"' => span(&mut out, "s", token),
            _ => span(&mut out, "n", token),
        }
    }
    PreEscaped(out)
}

/// Bytes of the string that a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(INDENT_MAX) {
        out.push_str("  ");
    }
}

fn span(out: &mut String, class: &str, token: &str) {
    let escaped = html! { (token) };
    out.extend(["<span class=\"", class, "\">", &escaped.0, "</span>"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::ENGLISH;

    #[test]
    fn a_document_keeps_its_order_and_is_escaped() {
        let shown = document(r#"{"b":[1,{}, []],"a":"<script>\"x\"","c":null}"#).0;
        assert!(!shown.contains("<script>") && shown.contains("&lt;script&gt;"), "{shown}");
        assert!(shown.find("\"k\">&quot;b").unwrap() < shown.find("\"k\">&quot;a").unwrap(), "{shown}");
        assert!(shown.contains("{},\n    []"), "{shown}");
    }

    #[test]
    fn what_is_no_document_is_shown_as_it_is() {
        for text in ["<b>x</b>", "{\"a\":", "12", "\"x\""] {
            let shown = payload(&ENGLISH, text).0;
            assert!(!shown.contains("<b>") && !shown.contains("class=\"k\""), "{shown}");
        }
    }

    #[test]
    fn an_envelope_shows_the_message_in_it() {
        let shown = payload(&ENGLISH, r#"{"Type":"Notification","Message":"{\"request_id\":\"r1\"}"}"#).0;
        assert!(
            shown.contains(ENGLISH.message_within) && shown.contains("request_id&quot;</span>: "),
            "{shown}"
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "あ".repeat(SHOWN_BYTES);
        let (shown, left) = cut(&text);
        assert!(shown.len() <= SHOWN_BYTES && shown.len() + left == text.len());
    }
}
