//! Who may use what lies below `/_konekuta/`: it starts functions and shows payloads without a signature. AWS's own
//! actions answer everybody who can sign, as at AWS.
//!
//! A page of another site can make a browser send requests here, or (by DNS rebinding) even read the answers under a name
//! of its own. Against the first stands the origin, against the second the host names.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, Method};
use wire::Protocol;

use crate::router::Route;

const PREFIX: &str = "/_konekuta/";

/// Whether a request is for something that is ours alone. Not so: what probes ask for, and functions' URLs, which browsers
/// call from wherever their CORS settings allow.
pub(crate) fn is_guarded(route: &Route<'_>, head: &Parts) -> bool {
    match route {
        Route::Mount(_) => true,
        Route::Action { protocol: Protocol::RestJson(rest), .. } => rest.path.starts_with(PREFIX),
        Route::Page(_) | Route::Unknown { .. } => head.uri.path().starts_with(PREFIX),
        _ => false,
    }
}

fn text(head: &Parts, name: HeaderName) -> Option<&str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
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

/// Why a request for something of ours is not answered. `hosts`: names besides this machine's own.
pub(crate) fn refusal(head: &Parts, source: IpAddr, hosts: &[String]) -> Option<&'static str> {
    let authority = || head.uri.authority().map(http::uri::Authority::as_str);
    let host = text(head, HOST).or_else(authority).unwrap_or_default();
    if !is_own(host, hosts) {
        return Some(
            "What lies below /_konekuta/ answers only under this machine's own names (localhost, 127.0.0.1) and those of --console-host.",
        );
    }
    if !source.is_loopback() && hosts.is_empty() {
        return Some(
            "What lies below /_konekuta/ answers only this machine, unless --console-host names where it may be reached.",
        );
    }
    let site = head.headers.get("sec-fetch-site");
    let foreign_fetch = site.is_some_and(|site| site == "cross-site" && !is_navigation(head));
    let foreign_origin = text(head, ORIGIN).is_some_and(|origin| {
        origin.split_once("://").is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
    });
    (foreign_fetch || foreign_origin).then_some("The request comes from a page of another origin.")
}

/// A link from elsewhere may be followed: the page that it is on reads nothing of it, and it changes nothing.
fn is_navigation(head: &Parts) -> bool {
    head.method == Method::GET && head.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

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

    fn refused(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().method(method).uri("/").header("host", "127.0.0.1:4566");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = request.body(()).unwrap().into_parts().0;
        refusal(&head, Ipv4Addr::LOCALHOST.into(), &[]).is_some()
    }

    #[test]
    fn our_own_paths_are_for_our_own_pages_and_for_programs() {
        assert!(!refused("POST", &[]));
        assert!(!refused("POST", &[("origin", "http://127.0.0.1:4566"), ("sec-fetch-site", "same-origin")]));
        assert!(refused("POST", &[("origin", "http://evil.example")]));
        assert!(refused("POST", &[("origin", "null")]));
        assert!(refused("POST", &[("sec-fetch-site", "cross-site")]));
        let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert!(!refused("GET", &link) && refused("POST", &link));
    }

    #[test]
    fn other_machines_come_in_only_where_a_name_is_configured() {
        let head = http::Request::get("/").header("host", "localhost").body(()).unwrap().into_parts().0;
        let elsewhere = IpAddr::from([192, 168, 1, 5]);
        assert!(refusal(&head, elsewhere, &[]).is_some());
        assert!(refusal(&head, elsewhere, &["konekuta.example.com".to_owned()]).is_none());
    }
}
