//! The URL of an HTTP/S endpoint: checked, shown without its password, taken apart for a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use service::ServiceError;

use crate::errors;

/// An endpoint to post to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Without user and password.
    pub(crate) uri: Uri,
    /// `Basic …`, for endpoints that ask for it.
    pub(crate) authorization: Option<String>,
}

/// The URL must begin with its protocol and name a host.
pub(crate) fn check(protocol: &str, endpoint: &str) -> Result<(), ServiceError> {
    let begins = endpoint.strip_prefix(protocol).is_some_and(|rest| rest.starts_with("://"));
    if !begins {
        return Err(errors::invalid("Endpoint must match the specified protocol"));
    }
    match target(endpoint) {
        Some(_) => Ok(()),
        None => Err(errors::invalid("Unreachable Endpoint")),
    }
}

/// Takes an endpoint apart.
pub(crate) fn target(endpoint: &str) -> Option<Target> {
    let (scheme, rest) = endpoint.split_once("://")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let uri: Uri = format!("{scheme}://{host}{slash}{path}").parse().ok()?;
    uri.host().filter(|host| !host.is_empty())?;
    let authorization = user.map(|user| format!("Basic {}", STANDARD.encode(decoded(user))));
    Some(Target { uri, authorization })
}

/// Percent-encoded bytes as themselves.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}

/// As AWS shows an endpoint: the password as stars.
pub(crate) fn shown(endpoint: &str) -> String {
    let Some((scheme, rest)) = endpoint.split_once("://") else { return endpoint.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:****@{host}{path}")
        }
        None => endpoint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_taken_apart_and_its_password_is_not_shown() {
        let target = target("https://me:p%40ss@example.com:8443?a=b#c").unwrap();
        assert_eq!(target.uri.to_string(), "https://example.com:8443/?a=b");
        assert_eq!(target.authorization.unwrap(), format!("Basic {}", STANDARD.encode("me:p@ss")));
        assert_eq!(shown("https://me:secret@example.com/x@y"), "https://me:****@example.com/x@y");
        assert_eq!(shown("http://example.com/x@y"), "http://example.com/x@y");
    }

    #[test]
    fn the_protocol_must_fit_and_a_host_must_be_there() {
        check("http", "http://localhost:1/x").unwrap();
        let error = check("https", "http://localhost").unwrap_err();
        assert_eq!(error.message, "Invalid parameter: Endpoint must match the specified protocol");
        assert!(check("http", "http://").is_err() && check("http", "http://a b").is_err());
    }
}
