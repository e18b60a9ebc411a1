//! Mails as they were sent: headers and text, never their HTML; links only to the web.

use std::borrow::Cow;

use mail_parser::MessageParser;
use maud::{Markup, html};

/// A mail, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Reads a mail; what is no mail is all text.
pub(crate) fn read(content: &[u8]) -> Mail {
    let Some(message) = MessageParser::default().parse(content) else {
        let text = String::from_utf8_lossy(content).into_owned();
        return Mail { from: String::new(), to: String::new(), subject: String::new(), text };
    };
    let address = |address: Option<&mail_parser::Address<'_>>| {
        let one = address.and_then(|address| address.first());
        let (name, mail) = one.map_or((None, None), |one| (one.name(), one.address()));
        match (name, mail) {
            (Some(name), Some(mail)) => format!("{name} <{mail}>"),
            (_, Some(mail)) => mail.to_owned(),
            _ => String::new(),
        }
    };
    Mail {
        from: address(message.from()),
        to: address(message.to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).map(Cow::into_owned).unwrap_or_default(),
    }
}

/// A text whose web addresses are links.
pub(crate) fn with_links(text: &str) -> Markup {
    html! {
        @for (index, word) in pieces(text).into_iter().enumerate() {
            @if index % 2 == 1 { a href=(word) rel="noreferrer noopener" target="_blank" { (word) } } @else { (word) }
        }
    }
}

/// Text, address, text, address, …, text.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = ["http://", "https://"].iter().filter_map(|start| rest[from..].find(start)).min() {
        let at = from + at;
        let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '<' | '>' | '\'');
        let end = rest[at..].find(ends).map_or(rest.len(), |length| at + length);
        pieces.extend([&rest[..at], &rest[at..end]]);
        (rest, from) = (&rest[end..], 0);
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_its_reader_would() {
        let content = "From: \"AWS Notifications\" <no-reply@sns.amazonaws.com>\r\nTo: you@example.com\r\n\
            Subject: =?utf-8?b?44GK55+l44KJ44Gb?=\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n=E6=9C=AC=E6=96=87\r\n";
        let mail = read(content.as_bytes());
        assert_eq!(mail.from, "AWS Notifications <no-reply@sns.amazonaws.com>");
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("you@example.com", "お知らせ"));
        assert_eq!(mail.text.trim(), "本文");
    }

    #[test]
    fn only_web_addresses_become_links_and_all_is_escaped() {
        let shown =
            with_links("see https://a.example/x?b=1&c=2\n<script> javascript:alert(1) http://b.example").0;
        assert!(shown.contains("href=\"https://a.example/x?b=1&amp;c=2\""), "{shown}");
        assert!(shown.contains("href=\"http://b.example\"") && !shown.contains("<script>"), "{shown}");
        assert!(!shown.contains("href=\"javascript"), "{shown}");
    }
}
