//! The credential of a request: access key and scope, from the `Authorization` header or a presigned query string.

use std::borrow::Cow;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

/// `<access key id>/<yyyymmdd>/<region>/<service>/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    /// Who signed.
    pub access_key_id: Cow<'a, str>,
    /// The day, `yyyymmdd`.
    pub date: Cow<'a, str>,
    /// For which Region.
    pub region: Cow<'a, str>,
    /// For which service (`sqs`, `sns`, `s3`, `lambda`, `sts`).
    pub service: Cow<'a, str>,
}

/// Whether and how a request is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence<'a> {
    /// No signature at all.
    Anonymous,
    /// Signed in the header or the query string.
    Signed(Credential<'a>),
    /// There is an `Authorization`, but it is not Signature Version 4; a text for the caller.
    Malformed(String),
}

/// Finds the credential of a request. `query` is the raw query string.
pub fn find<'a>(headers: &'a HeaderMap, query: &'a str) -> Presence<'a> {
    if let Some(value) = headers.get(http::header::AUTHORIZATION) {
        return from_header(value.to_str().unwrap_or_default());
    }
    let presigned = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="));
    match presigned {
        Some(value) => scope(percent_decode_str(value).decode_utf8_lossy()),
        None => Presence::Anonymous,
    }
}

fn from_header(value: &str) -> Presence<'_> {
    let Some(rest) = value.strip_prefix("AWS4-HMAC-SHA256") else {
        let text = if value.starts_with("AWS4-ECDSA-P256-SHA256") {
            "Signature Version 4a is not supported; configure a single Region"
        } else if value.starts_with("AWS ") {
            "Signature Version 2 is not supported; use Signature Version 4"
        } else {
            "Authorization header requires 'AWS4-HMAC-SHA256'"
        };
        return Presence::Malformed(text.to_owned());
    };
    let credential = rest.split(',').find_map(|part| part.trim().strip_prefix("Credential="));
    match credential {
        Some(text) => scope(Cow::Borrowed(text.trim())),
        None => Presence::Malformed("Authorization header requires 'Credential' parameter.".to_owned()),
    }
}

/// Access keys may hold slashes only in front; the scope's parts are counted from the end.
fn scope(text: Cow<'_, str>) -> Presence<'_> {
    match text {
        Cow::Borrowed(text) => parts(text, Cow::Borrowed),
        Cow::Owned(text) => parts(&text, |part| Cow::Owned(part.to_owned())),
    }
}

fn parts<'a, 'b>(text: &'a str, keep: impl Fn(&'a str) -> Cow<'b, str>) -> Presence<'b> {
    match scope_parts(text) {
        Some([key, date, region, service, "aws4_request"]) if !key.is_empty() => {
            Presence::Signed(Credential {
                access_key_id: keep(key),
                date: keep(date),
                region: keep(region),
                service: keep(service),
            })
        }
        _ => Presence::Malformed(format!(
            "Credential must have at least 5 slash-delimited elements, got '{text}'"
        )),
    }
}

/// The text at its last four slashes. By hand: every request passes here, and a general search takes far longer.
fn scope_parts(text: &str) -> Option<[&str; 5]> {
    let mut parts = [text; 5];
    let mut rest = text;
    for part in parts[1..].iter_mut().rev() {
        let slash = rest.bytes().rposition(|byte| byte == b'/')?;
        *part = &rest[slash + 1..];
        rest = &rest[..slash];
    }
    parts[0] = rest;
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::AUTHORIZATION, value.parse().unwrap())])
    }

    fn credential() -> Presence<'static> {
        Presence::Signed(Credential {
            access_key_id: "AKID".into(),
            date: "20260101".into(),
            region: "eu-west-1".into(),
            service: "sqs".into(),
        })
    }

    #[test]
    fn the_scope_is_read_from_header_and_query() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(find(&headers(header), ""), credential());
        let query = "a=b&X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Fsqs%2Faws4_request";
        assert_eq!(find(&HeaderMap::new(), query), credential());
        assert_eq!(find(&HeaderMap::new(), ""), Presence::Anonymous);
    }

    #[test]
    fn other_signatures_are_named() {
        for (header, part) in [
            ("AWS AKID:sig", "Version 2"),
            ("AWS4-ECDSA-P256-SHA256 Credential=x", "4a"),
            ("Bearer x", "requires 'AWS4-HMAC-SHA256'"),
            ("AWS4-HMAC-SHA256 SignedHeaders=host", "Credential"),
            ("AWS4-HMAC-SHA256 Credential=AKID/2026/sqs", "5 slash-delimited"),
        ] {
            let headers = headers(header);
            let Presence::Malformed(text) = find(&headers, "") else { panic!("{header}") };
            assert!(text.contains(part), "{text}");
        }
    }
}
