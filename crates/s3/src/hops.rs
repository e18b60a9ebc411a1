//! Calls to S3, told to the history: which object, how large, with which ETag, and what was answered.

use engine::{Hop, HopKind, HopOutcome, Link, SpanId};
use http::header::{CONTENT_LENGTH, ETAG};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use service::ports::PortError;
use service::{Context, OnlyLooking};

use crate::S3;
use crate::event_outbox::EventRecord;
use crate::front::{self, parameter};

/// A call under way.
pub(crate) struct Calling {
    hop: Hop,
    /// Of what is put.
    size: Option<u64>,
    /// It is told of only if it fails.
    quiet: bool,
}

impl S3 {
    /// A call that is worth telling: it belongs to a trace, or changes an object, or will fail.
    pub(crate) fn calling<T>(&self, context: &Context, request: &Request<T>) -> Option<Calling> {
        let path = request.uri().path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let changes = !key.is_empty() && !matches!(*request.method(), Method::GET | Method::HEAD);
        let quiet = !changes && context.trace.is_none();
        let only_looking = quiet && request.extensions().get::<OnlyLooking>().is_some();
        if only_looking || !self.engine.keeps(context.link().trace) {
            return None;
        }
        let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
        let query = request.uri().query().unwrap_or_default();
        let action = action(request.method(), &key, query, request.headers());
        let mut hop = context.hop(HopKind::Call, format!("arn:aws:s3:::{bucket}")).noting("action", action);
        let key_given = !key.is_empty();
        if key_given {
            hop = hop.noting("key", key);
        }
        if let Some(source) = text(request.headers(), "x-amz-copy-source") {
            hop = hop.noting("source", source);
        }
        if let Some(version) = parameter(query, "versionId").filter(|_| key_given) {
            hop = hop.noting("askedVersion", version);
        }
        let size = number(request.headers(), "x-amz-decoded-content-length")
            .or_else(|| number(request.headers(), CONTENT_LENGTH.as_str()));
        Some(Calling { hop, size: size.filter(|_| *request.method() == Method::PUT), quiet })
    }

    /// It was answered.
    pub(crate) fn tell_called<T>(&self, calling: Option<Calling>, response: &Response<T>) {
        let Some(Calling { mut hop, size, quiet }) = calling else { return };
        let (status, headers) = (response.status(), response.headers());
        // Whether something is there is asked all the time.
        let fails = (status.is_client_error() || status.is_server_error()) && status != StatusCode::NOT_FOUND;
        if quiet && !fails {
            return;
        }
        let size = size.or_else(|| number(headers, CONTENT_LENGTH.as_str()));
        if let Some(size) = size.filter(|_| status.is_success()) {
            hop = hop.noting("size", size.to_string());
        }
        if let Some(e_tag) = text(headers, ETAG.as_str()) {
            hop = hop.noting("eTag", e_tag.trim_matches('"'));
        }
        if let Some(version) = text(headers, "x-amz-version-id") {
            hop = hop.noting("versionId", version);
        }
        let outcome = match status {
            status if status.is_server_error() => HopOutcome::Failed,
            status if status.is_client_error() => HopOutcome::Refused,
            _ => HopOutcome::Ok,
        };
        let took_us = u64::try_from(self.clock.now().since(hop.at).as_micros()).unwrap_or(u64::MAX);
        self.engine.record(Hop { outcome, took_us, count: status.as_u16().into(), ..hop });
    }

    /// An event came to nobody: what it is about is done, and nobody was told. It is kept for who replays it.
    pub(crate) fn tell_given_up(&self, event: &EventRecord, reason: &PortError) {
        let call = event.context().link();
        if !self.engine.keeps(call.trace) {
            return;
        }
        let id = self.ids.uuid().as_u128();
        let link = Link { span: SpanId::of(id), ..call };
        let hop = Hop::new(HopKind::DeadLetter, link, call.span, self.clock.now(), "".into());
        let hop = hop.noting("from", format!("arn:aws:s3:::{}", event.bucket));
        let target = &event.target;
        let hop = hop.noting("notification", &*target.id).noting("endpoint", target.arn.as_str());
        let hop = hop.noting("reason", reason.to_string());
        let payload = event.document.clone().into();
        self.engine.record(Hop { id, payload, outcome: HopOutcome::Failed, ..hop });
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

/// AWS's name of a call, as far as method, path and query tell.
fn action(method: &Method, key: &str, query: &str, headers: &HeaderMap) -> &'static str {
    let asks = |name: &str| front::asks(query, name);
    match (method.as_str(), key.is_empty()) {
        ("GET", true) if asks("list-type") => "ListObjectsV2",
        ("GET", true) if asks("versions") => "ListObjectVersions",
        ("GET", true) if asks("versioning") => "GetBucketVersioning",
        ("GET", true) if asks("location") => "GetBucketLocation",
        ("GET", true) if asks("notification") => "GetBucketNotificationConfiguration",
        ("GET", true) if asks("acl") => "GetBucketAcl",
        ("GET", true) if asks("ownershipControls") => "GetBucketOwnershipControls",
        ("GET", true) if asks("uploads") => "ListMultipartUploads",
        ("GET", true) => "ListObjects",
        ("HEAD", true) => "HeadBucket",
        ("PUT", true) if asks("versioning") => "PutBucketVersioning",
        ("PUT", true) if asks("notification") => "PutBucketNotificationConfiguration",
        ("PUT", true) if asks("acl") => "PutBucketAcl",
        ("PUT", true) => "CreateBucket",
        ("DELETE", true) => "DeleteBucket",
        ("POST", true) => "DeleteObjects",
        ("GET", false) if asks("uploadId") => "ListParts",
        ("GET", false) if asks("tagging") => "GetObjectTagging",
        ("GET", false) if asks("attributes") => "GetObjectAttributes",
        ("GET", false) if asks("acl") => "GetObjectAcl",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        ("PUT", false) if asks("partNumber") => "UploadPart",
        ("PUT", false) if asks("tagging") => "PutObjectTagging",
        ("PUT", false) if asks("acl") => "PutObjectAcl",
        ("PUT", false) if headers.contains_key("x-amz-copy-source") => "CopyObject",
        ("PUT", false) => "PutObject",
        ("DELETE", false) if asks("uploadId") => "AbortMultipartUpload",
        ("DELETE", false) if asks("tagging") => "DeleteObjectTagging",
        ("DELETE", false) => "DeleteObject",
        ("POST", false) if asks("uploads") => "CreateMultipartUpload",
        ("POST", false) => "CompleteMultipartUpload",
        _ => "Request",
    }
}
