//! XML text.

/// `<name>text</name>`, escaped.
pub(super) fn element(out: &mut String, name: &str, text: &str) {
    open(out, name);
    escape(out, text);
    close(out, name);
}

pub(super) fn open(out: &mut String, name: &str) {
    out.extend(["<", name, ">"]);
}

pub(super) fn close(out: &mut String, name: &str) {
    out.extend(["</", name, ">"]);
}

/// Carriage returns would be lost by a reader's end-of-line handling, so they are written by number.
fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}
