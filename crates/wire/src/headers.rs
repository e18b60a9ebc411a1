//! AWS's own headers that every request or answer may have.

use http::HeaderName;

/// The request's id, on every answer but S3's.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The same on S3's answers. SDKs look for the name that the others have first, and then for nothing else.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/get-request-ids.html>
pub const S3_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
/// awsJson: service and action.
pub const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// X-Ray's trace.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// W3C's trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
