//! Putting and copying objects.

use std::collections::BTreeMap;

use engine::{BlobStream, ByteRange, Timestamp};
use futures_util::StreamExt as _;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, Metadata, PutObjectInput,
    PutObjectOutput, StreamingBlob,
};
use s3s::{S3ErrorCode, S3Request, S3Result, s3_error};

use super::{context, moment, strong};
use crate::S3;
use crate::aws_chunked::Trailers;
use crate::digest::{Digesting, Expected};
use crate::limits;
use crate::records::{Headers, ObjectRecord};
use crate::versions::{Condition, Found};

/// What is stored of content that came in.
pub(super) struct Stored {
    pub(super) blob: engine::BlobId,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksums: BTreeMap<String, String>,
}

/// Stores a body, digesting it, and checks what the client said of it.
pub(super) async fn store(
    s3: &S3,
    body: Option<StreamingBlob>,
    length: Option<i64>,
    expected: &Expected,
) -> S3Result<Stored> {
    let content = match body {
        Some(body) => body.boxed(),
        None => futures_util::stream::empty().boxed(),
    };
    let (stream, digesting) = Digesting::new(content, expected);
    let blob = s3.store_blob(stream).await?;
    let digested = digesting.finish();
    let (md5, size) = (digested.md5, digested.length);
    let complete = length.is_none_or(|length| u64::try_from(length) == Ok(size));
    let checked = if complete {
        digested.check(expected)
    } else {
        Err(s3_error!(
            IncompleteBody,
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        ))
    };
    match checked {
        Ok(checksums) => Ok(Stored { blob, size, md5, checksums }),
        Err(error) => {
            s3.forget_blob(&blob).await;
            Err(error)
        }
    }
}

pub(super) fn expected<T>(request: &S3Request<T>) -> Expected {
    Expected::of(&request.headers, request.extensions.get::<Trailers>().cloned())
}

pub(super) fn metadata(given: Option<Metadata>) -> S3Result<BTreeMap<String, String>> {
    let all: BTreeMap<String, String> = given.into_iter().flatten().collect();
    let bytes: usize = all.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > limits::METADATA_BYTES_MAX {
        return Err(s3_error!(
            MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size"
        ));
    }
    Ok(all)
}

pub(super) async fn put_object(s3: &S3, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let context = context(&request)?;
    let expected = expected(&request);
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let absent = match &input.if_none_match {
        Some(condition) if condition.is_any() => true,
        Some(_) => return Err(s3_error!(NotImplemented, "If-None-Match takes * only")),
        None => false,
    };
    let condition = Condition { absent, matches: input.if_match, ..Condition::default() };
    let headers = Headers {
        content_type: input.content_type,
        content_encoding: input.content_encoding,
        content_disposition: input.content_disposition,
        content_language: input.content_language,
        cache_control: input.cache_control,
        metadata: metadata(input.metadata)?,
    };
    let stored = store(s3, input.body, input.content_length, &expected).await?;
    let object = ObjectRecord {
        version: 1,
        blob: stored.blob,
        size: stored.size,
        e_tag: hex::encode(stored.md5),
        modified_at: s3.clock.now(),
        headers,
        checksums: stored.checksums,
        version_id: None,
    };
    let told = Some((&context, "ObjectCreated:Put"));
    let version = s3.put_object(&input.bucket, &input.key, &object, &condition, told).await?;
    let checksum = |name: &str| object.checksums.get(&format!("x-amz-checksum-{name}")).cloned();
    Ok(PutObjectOutput {
        e_tag: Some(strong(&object.e_tag)),
        checksum_crc32: checksum("crc32"),
        checksum_crc32c: checksum("crc32c"),
        checksum_crc64nvme: checksum("crc64nvme"),
        checksum_sha1: checksum("sha1"),
        checksum_sha256: checksum("sha256"),
        version_id: version.and_then(|version| version.told()),
        ..PutObjectOutput::default()
    })
}

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

pub(super) async fn copy_object(s3: &S3, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let context = context(&request)?;
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let from = source(&input.copy_source)?;
    let to_itself = from == (&*input.bucket, &*input.key, None);
    let replaces = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    if !replaces && to_itself {
        let text = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(s3_error!(InvalidRequest, "{text}"));
    }
    let (Found { object: from, version_id: from_version }, content) =
        open_source(s3, from, |_| Ok(None)).await?;
    let headers = if replaces {
        Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: metadata(input.metadata)?,
        }
    } else {
        from.headers.clone()
    };
    let blob = s3.store_blob(content).await?;
    let object = ObjectRecord { blob, headers, modified_at: s3.clock.now(), ..from };
    let told = Some((&context, "ObjectCreated:Copy"));
    let version = s3.put_object(&input.bucket, &input.key, &object, &Condition::default(), told).await?;
    let result = CopyObjectResult {
        e_tag: Some(strong(&object.e_tag)),
        last_modified: Some(moment(object.modified_at)),
        ..CopyObjectResult::default()
    };
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: from_version,
        version_id: version.and_then(|version| version.told()),
        ..CopyObjectOutput::default()
    })
}

/// When a record was changed, to the second, as HTTP's dates are.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp(at.seconds() * 1000)
}
