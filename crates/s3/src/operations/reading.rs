//! Getting objects and their descriptions.

use std::collections::BTreeMap;

use engine::ByteRange;
use http::{HeaderName, HeaderValue};
use s3s::dto::{
    Checksum, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Metadata,
    Range, StreamingBlob, Timestamp, TimestampFormat,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use sync_wrapper::SyncStream;

use super::checksums::{checksum, with_checksums};
use super::objects::whole_seconds;
use super::{moment, size, strong};
use crate::S3;
use crate::records::ObjectRecord;
use crate::versions::Found;

/// The conditions of a request; `NotModified` and `PreconditionFailed` as HTTP has them.
pub(super) struct Conditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// For a copy there is nothing but to refuse it.
    pub(super) fn check_copy(&self, object: &ObjectRecord) -> S3Result<()> {
        self.check(object).map_err(|_| precondition_failed())
    }

    fn check(&self, object: &ObjectRecord) -> S3Result<()> {
        let fits = |condition: &ETagCondition| {
            condition.is_any() || condition.as_etag().is_some_and(|e_tag| e_tag.value() == object.e_tag)
        };
        let modified = moment(whole_seconds(object.modified_at));
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !fits(condition) => return Err(precondition_failed()),
            (None, Some(since)) if modified > *since => return Err(precondition_failed()),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if fits(condition) => Err(s3_error!(NotModified)),
            (None, Some(since)) if modified <= *since => Err(s3_error!(NotModified)),
            _ => Ok(()),
        }
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// What is asked for of an object.
struct Part {
    bytes: ByteRange,
    /// The header that says which; `None`: the whole.
    content_range: Option<String>,
    /// How many parts it was uploaded in, where one of them is asked for.
    parts_count: Option<i32>,
    /// The part's own checksums.
    checksums: Option<BTreeMap<String, String>>,
}

/// The range that is asked for, or the part that was uploaded under a number.
fn part(range: Option<&Range>, number: Option<i32>, object: &ObjectRecord) -> S3Result<Part> {
    let of = |start: u64, length: u64| Part {
        bytes: ByteRange { start, length },
        content_range: Some(format!("bytes {start}-{}/{}", (start + length).saturating_sub(1), object.size)),
        parts_count: None,
        checksums: None,
    };
    match (range, number) {
        (None, None) => Ok(Part { content_range: None, ..of(0, object.size) }),
        (Some(range), None) => {
            let bytes = range
                .check(object.size)
                .map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))?;
            Ok(of(bytes.start, bytes.end - bytes.start))
        }
        (Some(_), Some(_)) => {
            Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"))
        }
        (None, Some(1)) if object.parts.is_empty() => Ok(of(0, object.size)),
        (None, Some(number)) => {
            let at = object.parts.iter().position(|part| part.number == number);
            let at = at.ok_or_else(|| {
                let code = S3ErrorCode::Custom("InvalidPartNumber".into());
                let mut error = S3Error::with_message(code, "The requested partnumber is not satisfiable");
                error.set_status_code(http::StatusCode::RANGE_NOT_SATISFIABLE);
                error
            })?;
            let start = object.parts[..at].iter().map(|part| part.size).sum();
            Ok(Part {
                parts_count: i32::try_from(object.parts.len()).ok(),
                checksums: Some(object.parts[at].checksums.clone()),
                ..of(start, object.parts[at].size)
            })
        }
    }
}

impl Part {
    /// The checksums that an answer has, if it is asked for them: of a part its own, of a range none.
    fn checksum(&self, object: &ObjectRecord, asked: bool) -> Checksum {
        match (&self.checksums, &self.content_range) {
            _ if !asked => Checksum::default(),
            (Some(own), _) => checksum(own, Some(object.checksum_kind)),
            (None, None) => object.checksum(),
            (None, Some(_)) => Checksum::default(),
        }
    }
}

/// What GetObject and HeadObject answer alike.
macro_rules! described {
    ($shape:ident, $input:ident, $found:ident, $part:ident { $($rest:tt)* }) => {{
        let Found { object, version_id } = $found;
        let checksum = $part.checksum(&object, $input.checksum_mode.is_some());
        let (headers, attributes) = (object.headers, object.attributes);
        let expires = headers.expires.and_then(|at| Timestamp::parse(TimestampFormat::HttpDate, &at).ok());
        with_checksums!(checksum.clone(), $shape {
            accept_ranges: Some("bytes".to_owned()),
            bucket_key_enabled: attributes.bucket_key(),
            cache_control: $input.response_cache_control.or(headers.cache_control),
            checksum_type: checksum.checksum_type,
            content_disposition: $input.response_content_disposition.or(headers.content_disposition),
            content_encoding: $input.response_content_encoding.or(headers.content_encoding),
            content_language: $input.response_content_language.or(headers.content_language),
            content_length: Some(size($part.bytes.length)),
            content_range: $part.content_range,
            content_type: $input
                .response_content_type
                .or(headers.content_type)
                .or_else(|| Some(DEFAULT_TYPE.to_owned())),
            e_tag: Some(strong(&object.e_tag)),
            expires: $input.response_expires.or(expires),
            last_modified: Some(moment(object.modified_at)),
            metadata: metadata(headers.metadata),
            parts_count: $part.parts_count,
            server_side_encryption: Some(attributes.encrypted()),
            ssekms_key_id: attributes.key_id(),
            storage_class: attributes.unusual_class(),
            version_id,
            website_redirect_location: headers.website_redirect_location,
            $($rest)*
        })
    }};
}

pub(super) async fn get_object(s3: &S3, request: S3Request<GetObjectInput>) -> S3Result<GetObjectOutput> {
    let input = request.input;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let part = |object: &ObjectRecord| part(input.range.as_ref(), input.part_number, object);
    let named = (&*input.bucket, &*input.key, input.version_id.as_deref());
    let opened = s3.open_object(named, |object| {
        conditions.check(object)?;
        Ok(Some(part(object)?.bytes))
    });
    let (found, content) = opened.await?;
    let part = part(&found.object)?;
    let tag_count = tag_count(&found.object);
    Ok(described!(
        GetObjectOutput,
        input,
        found,
        part {
            body: Some(StreamingBlob::wrap(SyncStream::new(content))),
            tag_count,
            ..GetObjectOutput::default()
        }
    ))
}

pub(super) async fn head_object(
    s3: &S3,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    let found = s3.version_or_object(&input.bucket, &input.key, input.version_id.as_deref()).await?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&found.object)?;
    let part = part(input.range.as_ref(), input.part_number, &found.object)?;
    let tag_count = tag_count(&found.object);
    let output = described!(HeadObjectOutput, input, found, part { ..HeadObjectOutput::default() });
    let mut response = S3Response::new(output);
    // s3s's shape has no field for it.
    response.headers.extend(tag_count.map(|count| (TAG_COUNT, HeaderValue::from(count))));
    Ok(response)
}

const TAG_COUNT: HeaderName = HeaderName::from_static("x-amz-tagging-count");

fn tag_count(object: &ObjectRecord) -> Option<i32> {
    i32::try_from(object.attributes.tags.len()).ok().filter(|count| *count > 0)
}

/// What an object is that nobody said anything of.
const DEFAULT_TYPE: &str = "binary/octet-stream";

fn metadata(stored: BTreeMap<String, String>) -> Option<Metadata> {
    (!stored.is_empty()).then(|| stored.into_iter().collect())
}
