//! Copying objects.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>

use engine::{BlobStream, ByteRange};
use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, StreamingBlob};
use s3s::{S3ErrorCode, S3Request, S3Result, s3_error};
use sync_wrapper::SyncStream;

use super::attributes::asked;
use super::checksums::with_checksums;
use super::objects::{headers, store};
use super::reading::Conditions;
use super::{context, moment, strong};
use crate::S3;
use crate::digest::{Expected, USUAL, header};
use crate::records::{Attributes, ChecksumKind, Headers, ObjectRecord};
use crate::versions::{Condition, Found};

/// A copy's source: bucket, key, and the version where one is asked for.
pub(super) fn source(source: &CopySource) -> S3Result<(&str, &str, Option<&str>)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => Ok((bucket, key, version_id.as_deref())),
        _ => Err(s3_error!(NotImplemented, "Copying from access points is not implemented")),
    }
}

/// Opens a copy's source. A delete marker cannot be copied.
pub(super) async fn open_source(
    s3: &S3,
    from: (&str, &str, Option<&str>),
    part: impl Fn(&ObjectRecord) -> S3Result<Option<ByteRange>>,
) -> S3Result<(Found, BlobStream)> {
    s3.open_object(from, part).await.map_err(|error| match error.code() {
        S3ErrorCode::MethodNotAllowed => s3_error!(
            InvalidRequest,
            "The source of a copy request may not specifically refer to a delete marker by version id."
        ),
        _ => error,
    })
}

/// The algorithm of a copy's checksum: the one that is asked for, or its source's.
fn algorithm(asked: Option<&str>, from: &ObjectRecord) -> String {
    let known =
        from.checksums.keys().next().map(|name| name.trim_start_matches("x-amz-checksum-").to_owned());
    asked.map(str::to_lowercase).or(known).unwrap_or_else(|| USUAL.to_owned())
}

/// A copy of an object's content: uploaded in one, whatever its source was.
async fn copied(s3: &S3, from: ObjectRecord, content: BlobStream, algorithm: &str) -> S3Result<ObjectRecord> {
    if from.parts.is_empty() && !from.e_tag.contains('-') && from.checksums.contains_key(&header(algorithm)) {
        return Ok(ObjectRecord { blob: s3.store_blob(content).await?, ..from });
    }
    let body = StreamingBlob::wrap(SyncStream::new(content));
    let stored = store(s3, Some(body), None, &Expected::only(algorithm)).await?;
    Ok(ObjectRecord {
        blob: stored.blob,
        e_tag: hex::encode(stored.md5),
        checksums: stored.checksums,
        checksum_kind: ChecksumKind::FullObject,
        parts: Vec::new(),
        ..from
    })
}

pub(super) async fn copy_object(s3: &S3, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let context = context(&request)?;
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let from = source(&input.copy_source)?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let retags = input.tagging_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let to_itself = from == (&*input.bucket, &*input.key, None);
    let same = input.storage_class.is_none()
        && input.server_side_encryption.is_none()
        && input.website_redirect_location.is_none();
    let asked = asked!(input).attributes(&context)?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let opened = open_source(s3, from, |object| {
        if to_itself && same && !replaces && !retags {
            let text = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        conditions.check_copy(object).map(|()| None)
    });
    let (Found { object: from, version_id: source_version }, copied_from) = opened.await?;
    let asked_algorithm = input.checksum_algorithm.as_ref().map(s3s::dto::ChecksumAlgorithm::as_str);
    let algorithm = algorithm(asked_algorithm, &from);
    let headers = if replaces {
        headers!(input)
    } else {
        // Where a key leads is never copied.
        Headers { website_redirect_location: input.website_redirect_location, ..from.headers.clone() }
    };
    let from = copied(s3, from, copied_from, &algorithm).await?;
    let tags = if retags { asked.tags.clone() } else { from.attributes.tags.clone() };
    let attributes = Attributes { tags, ..asked };
    let object = ObjectRecord { headers, attributes, modified_at: s3.clock.now(), ..from };
    let told = Some((&context, "ObjectCreated:Copy"));
    let version = s3.put_object(&input.bucket, &input.key, &object, &Condition::default(), told).await?;
    let checksum = object.checksum();
    let result = with_checksums!(
        checksum.clone(),
        CopyObjectResult {
            checksum_type: checksum.checksum_type,
            e_tag: Some(strong(&object.e_tag)),
            last_modified: Some(moment(object.modified_at)),
        }
    );
    Ok(CopyObjectOutput {
        bucket_key_enabled: object.attributes.bucket_key(),
        copy_object_result: Some(result),
        copy_source_version_id: source_version,
        server_side_encryption: Some(object.attributes.encrypted()),
        ssekms_encryption_context: object.attributes.encryption_context(),
        ssekms_key_id: object.attributes.key_id(),
        version_id: version.and_then(|version| version.told()),
        ..CopyObjectOutput::default()
    })
}
