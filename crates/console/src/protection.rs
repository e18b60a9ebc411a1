//! That a form comes from a page of ours, and what browsers are told of our pages. Hosts and origins are looked at before,
//! by the server, for everything below `/_konekuta/`.

use http::{HeaderMap, HeaderValue, header};

use crate::Console;

/// Carries the token of requests that are no forms.
pub(crate) const TOKEN_HEADER: &str = "x-konekuta-token";
/// No inline script or style, no foreign source, no frame around us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

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
