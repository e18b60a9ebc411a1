//! AWS's own headers that every request or answer may have.

use http::HeaderName;

/// The request's id, on every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// awsJson: service and action.
pub const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// X-Ray's trace.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// W3C's trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
