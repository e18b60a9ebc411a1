//! Getting objects and their descriptions.

use engine::ByteRange;
use s3s::dto::{
    ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Metadata, Range,
    StreamingBlob, Timestamp,
};
use s3s::{S3Request, S3Result, s3_error};
use sync_wrapper::SyncStream;

use super::objects::whole_seconds;
use super::{moment, size, strong};
use crate::S3;
use crate::records::ObjectRecord;
use crate::versions::Found;

/// The conditions of a request; `NotModified` and `PreconditionFailed` as HTTP has them.
struct Conditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    fn check(&self, object: &ObjectRecord) -> S3Result<()> {
        let fits = |condition: &ETagCondition| {
            condition.is_any() || condition.as_etag().is_some_and(|e_tag| e_tag.value() == object.e_tag)
        };
        let modified = moment(whole_seconds(object.modified_at));
        let failed =
            || s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !fits(condition) => return Err(failed()),
            (None, Some(since)) if modified > *since => return Err(failed()),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if fits(condition) => Err(s3_error!(NotModified)),
            (None, Some(since)) if modified <= *since => Err(s3_error!(NotModified)),
            _ => Ok(()),
        }
    }
}

/// The part that is asked for and the header that says so.
fn range(wanted: Option<&Range>, object: &ObjectRecord) -> S3Result<(ByteRange, Option<String>)> {
    let Some(wanted) = wanted else { return Ok((ByteRange { start: 0, length: object.size }, None)) };
    let part = wanted
        .check(object.size)
        .map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))?;
    let header = format!("bytes {}-{}/{}", part.start, part.end - 1, object.size);
    Ok((ByteRange { start: part.start, length: part.end - part.start }, Some(header)))
}

pub(super) async fn get_object(s3: &S3, request: S3Request<GetObjectInput>) -> S3Result<GetObjectOutput> {
    let input = request.input;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let wanted = input.range.as_ref();
    let named = (&*input.bucket, &*input.key, input.version_id.as_deref());
    let opened = s3.open_object(named, |object| {
        conditions.check(object)?;
        Ok(Some(range(wanted, object)?.0))
    });
    let (Found { object, version_id }, content) = opened.await?;
    let (part, content_range) = range(wanted, &object)?;
    let whole = content_range.is_none() && input.checksum_mode.is_some();
    let checksum =
        |name: &str| object.checksums.get(&format!("x-amz-checksum-{name}")).filter(|_| whole).cloned();
    let headers = object.headers.clone();
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(StreamingBlob::wrap(SyncStream::new(content))),
        cache_control: input.response_cache_control.or(headers.cache_control),
        checksum_crc32: checksum("crc32"),
        checksum_crc32c: checksum("crc32c"),
        checksum_crc64nvme: checksum("crc64nvme"),
        checksum_sha1: checksum("sha1"),
        checksum_sha256: checksum("sha256"),
        content_disposition: input.response_content_disposition.or(headers.content_disposition),
        content_encoding: input.response_content_encoding.or(headers.content_encoding),
        content_language: input.response_content_language.or(headers.content_language),
        content_length: Some(size(part.length)),
        content_range,
        content_type: input
            .response_content_type
            .or(headers.content_type)
            .or_else(|| Some(DEFAULT_TYPE.to_owned())),
        e_tag: Some(strong(&object.e_tag)),
        last_modified: Some(moment(object.modified_at)),
        metadata: metadata(headers.metadata),
        version_id,
        ..GetObjectOutput::default()
    })
}

pub(super) async fn head_object(s3: &S3, request: S3Request<HeadObjectInput>) -> S3Result<HeadObjectOutput> {
    let input = request.input;
    let version = input.version_id.as_deref();
    let Found { object, version_id } = s3.version_or_object(&input.bucket, &input.key, version).await?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&object)?;
    let (part, content_range) = range(input.range.as_ref(), &object)?;
    let whole = content_range.is_none() && input.checksum_mode.is_some();
    let checksum =
        |name: &str| object.checksums.get(&format!("x-amz-checksum-{name}")).filter(|_| whole).cloned();
    let headers = object.headers.clone();
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: headers.cache_control,
        checksum_crc32: checksum("crc32"),
        checksum_crc32c: checksum("crc32c"),
        checksum_crc64nvme: checksum("crc64nvme"),
        checksum_sha1: checksum("sha1"),
        checksum_sha256: checksum("sha256"),
        content_disposition: headers.content_disposition,
        content_encoding: headers.content_encoding,
        content_language: headers.content_language,
        content_length: Some(size(part.length)),
        content_range,
        content_type: headers.content_type.or_else(|| Some(DEFAULT_TYPE.to_owned())),
        e_tag: Some(strong(&object.e_tag)),
        last_modified: Some(moment(object.modified_at)),
        metadata: metadata(headers.metadata),
        version_id,
        ..HeadObjectOutput::default()
    })
}

/// What an object is that nobody said anything of.
const DEFAULT_TYPE: &str = "binary/octet-stream";

fn metadata(stored: std::collections::BTreeMap<String, String>) -> Option<Metadata> {
    (!stored.is_empty()).then(|| stored.into_iter().collect())
}
