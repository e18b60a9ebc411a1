//! Who may use the console: pages of its own origin, reached under a name of this machine or one that was configured.
//!
//! A page of another site can make a browser send requests here, or (by DNS rebinding) even read the answers under its own
//! name. Against the first stand the token and the origin, against the second the host names.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::Console;

/// Carries the token of requests that are no forms.
pub(crate) const TOKEN_HEADER: &str = "x-konekuta-token";
/// No inline script or style, no foreign source, no frame around us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The name in a `Host`, without its port.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Whether a `Host` names this machine, or is one of the configured names.
fn is_own(host: &str, configured: &[String]) -> bool {
    let name = name_of(host);
    if name.eq_ignore_ascii_case("localhost") || configured.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return true;
    }
    name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why a request is not answered.
pub(crate) fn refusal(console: &Console, head: &Parts, source: IpAddr) -> Option<&'static str> {
    let host = text(&head.headers, header::HOST).unwrap_or_default();
    if !is_own(host, &console.parts.hosts) {
        return Some(
            "The console answers only under this machine's own names (localhost, 127.0.0.1) and those of --console-host.",
        );
    }
    if !source.is_loopback() && console.parts.hosts.is_empty() {
        return Some(
            "The console answers only this machine, unless --console-host names where it may be reached.",
        );
    }
    let foreign_fetch = text(&head.headers, "sec-fetch-site")
        .is_some_and(|site| site == "cross-site" && !is_navigation(head));
    let foreign_origin = text(&head.headers, header::ORIGIN).is_some_and(|origin| {
        origin.split_once("://").is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
    });
    if foreign_fetch || foreign_origin {
        return Some("The request comes from a page of another origin.");
    }
    None
}

/// A link from elsewhere may be followed: it reads nothing and changes nothing.
fn is_navigation(head: &Parts) -> bool {
    head.method == Method::GET && text(&head.headers, "sec-fetch-mode") == Some("navigate")
}

/// Whether the token is ours; the time it takes tells nothing of it.
pub(crate) fn is_token(console: &Console, given: &str) -> bool {
    let (own, given) = (console.token.as_bytes(), given.as_bytes());
    own.len() == given.len()
        && own.iter().zip(given).fold(0, |differs, (own, given)| differs | (own ^ given)) == 0
}

/// Headers of every answer.
pub(crate) fn protect(headers: &mut HeaderMap) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_loopback_and_configured_names_are_ours() {
        let configured = ["konekuta.example.com".to_owned()];
        for (host, own) in [
            ("127.0.0.1:4566", true),
            ("localhost:4566", true),
            ("LOCALHOST", true),
            ("[::1]:4566", true),
            ("127.8.8.8", true),
            ("konekuta.example.com:443", true),
            ("evil.example.com:4566", false),
            ("127.0.0.1.evil.example.com", false),
            ("localhost.evil.example.com", false),
            ("192.168.1.5:4566", false),
            ("", false),
        ] {
            assert_eq!(is_own(host, &configured), own, "{host}");
        }
    }
}
