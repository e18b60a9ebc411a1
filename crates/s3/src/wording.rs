//! Answers of s3s, in AWS's words where they differ: errors that s3s makes by itself and says nothing of, the ETag of
//! GetObjectAttributes, and the names that S3 has for a request's id.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use aws::RequestId;
use http::Response;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use s3s::Body;
use service::S3_REQUEST_ID;

/// Error codes and what AWS says with them.
const WORDS: [(&str, &str); 12] = [
    ("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"),
    ("InternalError", "We encountered an internal error. Please try again."),
    ("InvalidBucketName", "The specified bucket is not valid."),
    ("InvalidRequest", "Invalid Request"),
    ("InvalidURI", "Couldn't parse the specified URI."),
    ("KeyTooLongError", "Your key is too long"),
    ("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."),
    (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("MaxMessageLengthExceeded", "Your request was too big."),
    ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    ("MissingContentLength", "You must provide the Content-Length HTTP header."),
    ("MissingRequestBodyError", "Request body is empty."),
];

/// A part of AWS's own that has answered.
const HOST_ID: HeaderName = HeaderName::from_static("x-amz-id-2");

/// An answer; if it is an error without a message, with one.
pub(crate) fn worded(response: Response<Body>) -> Response<Body> {
    if !is_error(&response) {
        return response;
    }
    let Some(text) = response.body().bytes().and_then(|body| with_message(std::str::from_utf8(&body).ok()?))
    else {
        return response;
    };
    with_text(response, text)
}

/// The answer to GetObjectAttributes: AWS writes the ETag in it without quotation marks, s3s with them.
pub(crate) fn with_bare_e_tag(response: Response<Body>) -> Response<Body> {
    let body = response.body().bytes().unwrap_or_default();
    match std::str::from_utf8(&body) {
        Ok(text) if text.contains("<ETag>\"") => {
            let text = text.replace("<ETag>\"", "<ETag>").replace("\"</ETag>", "</ETag>");
            with_text(response, text)
        }
        _ => response,
    }
}

/// An answer with the id of its request, in an error's document too. One server is its own host: both ids are the same.
pub(crate) fn identified(response: Response<Body>, request_id: RequestId) -> Response<Body> {
    let mut digits = [0; 36];
    let id = request_id.write(&mut digits);
    let document = is_error(&response).then(|| response.body().bytes()).flatten();
    let text = document.and_then(|document| with_ids(std::str::from_utf8(&document).ok()?, id));
    let mut response = match text {
        Some(text) => with_text(response, text),
        None => response,
    };
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(S3_REQUEST_ID, id.clone());
        response.headers_mut().insert(HOST_ID, id);
    }
    response
}

fn is_error(response: &Response<Body>) -> bool {
    response.status().is_client_error() || response.status().is_server_error()
}

fn with_ids(document: &str, id: &str) -> Option<String> {
    let before = document.trim_end().strip_suffix("</Error>")?;
    Some(format!("{before}<RequestId>{id}</RequestId><HostId>{id}</HostId></Error>"))
}

fn with_text(response: Response<Body>, text: String) -> Response<Body> {
    let length = text.len();
    let mut response = response.map(|_| Body::from(text));
    if response.headers().contains_key(CONTENT_LENGTH) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

fn with_message(document: &str) -> Option<String> {
    if document.contains("<Message>") {
        return None;
    }
    let (before, rest) = document.split_once("<Code>")?;
    let (code, after) = rest.split_once("</Code>")?;
    let (_, message) = WORDS.iter().find(|(known, _)| *known == code)?;
    Some(format!("{before}<Code>{code}</Code><Message>{message}</Message>{after}"))
}

#[cfg(test)]
mod tests {
    use super::{with_ids, with_message};

    #[test]
    fn an_errors_document_ends_with_its_ids() {
        let with = "<Error><Code>A</Code><RequestId>i</RequestId><HostId>i</HostId></Error>";
        assert_eq!(with_ids("<Error><Code>A</Code></Error>", "i").as_deref(), Some(with));
        assert_eq!(with_ids("", "i"), None, "as HEAD has it");
    }

    #[test]
    fn an_error_without_a_message_gets_awss_and_no_other_changes() {
        let document = |inner: &str| format!("<?xml version=\"1.0\"?><Error>{inner}</Error>");
        let brief = document("<Code>InvalidBucketName</Code>");
        let worded =
            document("<Code>InvalidBucketName</Code><Message>The specified bucket is not valid.</Message>");
        assert_eq!(with_message(&brief), Some(worded.clone()));
        assert_eq!(with_message(&worded), None);
        assert_eq!(with_message(""), None);
    }
}
