//! What a person asked for: path, query, form, language, theme.

use std::collections::BTreeMap;

use http::header;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use service::Context;

use crate::texts::{ENGLISH, JAPANESE, Texts};

/// Keeps the chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "konekuta-language";
/// Keeps the chosen theme.
pub(crate) const THEME_COOKIE: &str = "konekuta-theme";

/// The languages that the console speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Japanese,
}

impl Language {
    /// As `lang` has it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "ja" => Some(Self::Japanese),
            _ => None,
        }
    }

    /// The first of an `Accept-Language` that we speak.
    fn accepted(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, Self)> = header
            .split(',')
            .filter_map(|one| {
                let (tag, quality) = one.trim().split_once(";q=").unwrap_or((one.trim(), "1"));
                Some((quality.parse().unwrap_or(0.0), Self::of_tag(tag)?))
            })
            .collect();
        wanted.sort_by(|left, right| right.0.total_cmp(&left.0));
        wanted.first().map(|(_, language)| *language)
    }
}

/// A request for a screen.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Below the console's prefix, in pieces, decoded.
    pub(crate) path: Vec<String>,
    /// The query's values by name.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) language: Language,
    /// `light`, `dark`, or neither: as the system says.
    pub(crate) theme: Option<&'static str>,
    pub(crate) context: Context,
}

impl Ask {
    pub(crate) fn of(head: &Parts, context: Context) -> Self {
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookies = header(header::COOKIE);
        let language = cookie(cookies, LANGUAGE_COOKIE)
            .and_then(Language::of_tag)
            .or_else(|| Language::accepted(header(header::ACCEPT_LANGUAGE)))
            .unwrap_or(Language::English);
        let theme = match cookie(cookies, THEME_COOKIE) {
            Some("light") => Some("light"),
            Some("dark") => Some("dark"),
            _ => None,
        };
        let (path, query) = parse(head.uri.path(), head.uri.query().unwrap_or_default());
        Self { path, query, language, theme, context }
    }

    /// The same person, looking at another page.
    pub(crate) fn at(&self, path_and_query: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let (path, query) = parse(path, query);
        Self { path, query, ..self.clone() }
    }

    pub(crate) fn texts(&self) -> &'static Texts {
        match self.language {
            Language::English => &ENGLISH,
            Language::Japanese => &JAPANESE,
        }
    }

    /// A value of the query; empty where there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number of the query.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.value(name).parse().ok()
    }
}

fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

fn parse(path: &str, query: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let below = path.strip_prefix(crate::PREFIX).unwrap_or(path);
    let pieces = below.split('/').filter(|piece| !piece.is_empty());
    let path = pieces.map(|piece| percent_decode_str(piece).decode_utf8_lossy().into_owned()).collect();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (path, query)
}

/// The values of a form by name; of several with one name all, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of that name; empty where there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_that_we_speak_is_taken() {
        for (header, language) in [
            ("ja,en;q=0.8", Some(Language::Japanese)),
            ("de-DE,de;q=0.9,en;q=0.5,ja;q=0.7", Some(Language::Japanese)),
            ("en-GB", Some(Language::English)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    #[test]
    fn paths_and_queries_are_decoded() {
        let (path, query) = parse("/_konekuta/queues/arn%3Aa%2Fb", "search=a+b%26c&after=");
        assert_eq!(path, ["queues", "arn:a/b"]);
        assert_eq!((query["search"].as_str(), query["after"].as_str()), ("a b&c", ""));
    }
}
