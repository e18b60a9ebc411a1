//! Cross-origin requests: what browsers are told, as configured.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors>

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::records::Cors;

/// Whether a request only asks what another one may do.
pub(super) fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(header::ORIGIN)
        && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The headers for a request of that origin; none if it is not allowed.
pub(super) fn headers(cors: &Cors, request: &HeaderMap, preflight: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(origin) = request.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return headers;
    };
    let any = cors.allow_origins.iter().any(|allowed| allowed == "*");
    if !any && !cors.allow_origins.iter().any(|allowed| matches(allowed, origin)) {
        return headers;
    }
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, if any { "*" } else { origin });
    if !any {
        set(header::VARY, "Origin");
    }
    if cors.allow_credentials == Some(true) {
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !cors.expose_headers.is_empty() {
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers.join(","));
    }
    if preflight {
        if !cors.allow_methods.is_empty() {
            set(header::ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods.join(","));
        }
        if !cors.allow_headers.is_empty() {
            set(header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers.join(","));
        }
        if let Some(seconds) = cors.max_age {
            set(header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
    }
    headers
}

/// `https://*.example.com` allows every host below.
fn matches(allowed: &str, origin: &str) -> bool {
    match allowed.split_once('*') {
        Some((before, after)) => {
            origin.len() > before.len() + after.len() && origin.starts_with(before) && origin.ends_with(after)
        }
        None => allowed == origin,
    }
}
