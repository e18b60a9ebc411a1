//! Requests that a page of another site makes a browser send. AWS's own actions answer everybody who can sign, as at AWS;
//! what lies below `/_konekuta/` starts functions and shows payloads without a signature.

use http::header::{HOST, ORIGIN};
use http::request::Parts;

/// Whether a page of another origin asks for something of ours.
pub(crate) fn is_foreign(head: &Parts) -> bool {
    if !head.uri.path().starts_with("/_konekuta/") {
        return false;
    }
    let text = |name: http::HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let other_origin = |origin: &str| {
        origin.split_once("://").is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
    };
    let cross_site = head.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    cross_site || text(ORIGIN).is_some_and(other_origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::post(path).header("host", "127.0.0.1:4566");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_foreign(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn our_own_paths_are_for_our_own_pages_and_for_programs() {
        let api = "/_konekuta/api/start";
        assert!(!asked(api, &[]));
        assert!(!asked(api, &[("origin", "http://127.0.0.1:4566"), ("sec-fetch-site", "same-origin")]));
        assert!(asked(api, &[("origin", "http://evil.example")]));
        assert!(asked(api, &[("origin", "null")]));
        assert!(asked(api, &[("sec-fetch-site", "cross-site")]));
        assert!(!asked("/000000000000/queue", &[("origin", "http://app.example")]));
    }
}
