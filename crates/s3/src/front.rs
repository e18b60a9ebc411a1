//! A request before s3s sees it. Signatures are not verified yet, and s3s refuses signed requests without a verifier: so
//! the signature is taken off, an expired presigned URL is refused here, and a chunked body is decoded here.

use engine::Timestamp;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use s3s::Body;
use service::{Context, StreamingBody};
use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::aws_chunked;

const DATE: &[time::format_description::BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// The request for s3s, or the answer at once.
pub(crate) fn prepare(
    context: Context,
    request: Request<StreamingBody>,
    now: Timestamp,
) -> Result<Request<Body>, Box<Response<Body>>> {
    let (mut head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().to_owned();
    if is_expired(&query, now) {
        return Err(Box::new(error(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired")));
    }
    if brings_a_key(&head.headers) {
        let text = "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.";
        return Err(Box::new(error(StatusCode::BAD_REQUEST, "InvalidRequest", text)));
    }
    head.uri = without_signature(&head.uri, &query);
    head.headers.remove(AUTHORIZATION);
    let kind = head.headers.remove("x-amz-content-sha256");
    let streaming =
        kind.as_ref().and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("STREAMING-"));
    let body = if streaming {
        let trailers = aws_chunked::Trailers::default();
        head.extensions.insert(trailers.clone());
        let decoded = aws_chunked::decode(body, trailers);
        rewrite_length(&mut head.headers);
        Body::http_body_unsync(decoded)
    } else {
        Body::http_body_unsync(body)
    };
    head.extensions.insert(context);
    Ok(Request::from_parts(head, body))
}

/// Encryption with a customer's own key (SSE-C), which AWS wants to hear of over HTTPS only.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
fn brings_a_key(headers: &HeaderMap) -> bool {
    ["x-amz-server-side-encryption-customer-", "x-amz-copy-source-server-side-encryption-customer-"]
        .iter()
        .any(|prefix| headers.keys().any(|name| name.as_str().starts_with(prefix)))
}

/// What is stored has its true length and only the encodings that are its own.
fn rewrite_length(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    if let Some(length) = headers.remove("x-amz-decoded-content-length") {
        headers.insert(CONTENT_LENGTH, length);
    }
    let own: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|encoding| encoding.trim().to_owned())
        .filter(|encoding| encoding != "aws-chunked" && !encoding.is_empty())
        .collect();
    headers.remove(CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&own.join(","))
        && !own.is_empty()
    {
        headers.insert(CONTENT_ENCODING, value);
    }
}

/// Whether a query has a parameter, with or without a value.
pub(crate) fn asks(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

/// A parameter of a query, decoded.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(key, _)| *key == name);
    found.next().map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// Presigned URLs of Signature Version 4, and of Version 2, which boto3 makes unless told otherwise.
fn is_expired(query: &str, now: Timestamp) -> bool {
    if parameter(query, "AWSAccessKeyId").is_some() {
        let expires = parameter(query, "Expires").and_then(|text| text.parse::<u64>().ok());
        return expires.is_none_or(|expires| now.seconds() > expires);
    }
    let Some(date) = parameter(query, "X-Amz-Date") else { return false };
    let Ok(signed) = PrimitiveDateTime::parse(&date, DATE) else { return true };
    let seconds = parameter(query, "X-Amz-Expires").and_then(|text| text.parse::<u32>().ok());
    let signed_ms = u64::try_from(signed.assume_utc().unix_timestamp()).unwrap_or(0) * 1000;
    seconds.is_none_or(|seconds| now > Timestamp(signed_ms).plus_seconds(seconds))
}

fn without_signature(uri: &Uri, query: &str) -> Uri {
    let version_2 = parameter(query, "AWSAccessKeyId").is_some();
    let signs = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Security-Token", "Signature"]
            .iter()
            .any(|part| name.strip_prefix("X-Amz-") == Some(part))
            || (version_2 && matches!(name, "AWSAccessKeyId" | "Signature" | "Expires"))
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !signs(pair)).collect();
    let path = uri.path();
    let text = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    text.parse().unwrap_or_else(|_| uri.clone())
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

pub(crate) fn internal_error() -> Response<Body> {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "We encountered an internal error. Please try again.",
    )
}
