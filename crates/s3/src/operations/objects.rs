//! Putting objects.

use std::collections::BTreeMap;

use engine::Timestamp;
use futures_util::StreamExt as _;
use s3s::dto::{ETagCondition, Metadata, PutObjectInput, PutObjectOutput, StreamingBlob};
use s3s::{S3Request, S3Result, s3_error};

use super::attributes::asked;
use super::checksums::with_checksums;
use super::{context, strong};
use crate::S3;
use crate::aws_chunked::Trailers;
use crate::digest::{Digesting, Expected};
use crate::limits;
use crate::records::{ChecksumKind, ObjectRecord};
use crate::versions::Condition;

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

pub(super) fn expected<T>(request: &S3Request<T>) -> S3Result<Expected> {
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

/// What a write asks of the object that is there.
pub(super) fn condition(
    if_none_match: Option<&ETagCondition>,
    matches: Option<ETagCondition>,
) -> S3Result<Condition> {
    if if_none_match.is_some_and(|condition| !condition.is_any()) {
        return Err(s3_error!(NotImplemented, "If-None-Match takes * only"));
    }
    Ok(Condition { absent: if_none_match.is_some(), matches, ..Condition::default() })
}

/// What an input says of the content.
macro_rules! headers {
    ($input:ident) => {
        $crate::records::Headers {
            content_type: $input.content_type,
            content_encoding: $input.content_encoding,
            content_disposition: $input.content_disposition,
            content_language: $input.content_language,
            cache_control: $input.cache_control,
            metadata: $crate::operations::objects::metadata($input.metadata)?,
            expires: $input.expires.as_ref().and_then($crate::operations::http_date),
            website_redirect_location: $input.website_redirect_location,
        }
    };
}
pub(super) use headers;

pub(super) async fn put_object(s3: &S3, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let context = context(&request)?;
    let expected = expected(&request)?.or_usual();
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let condition = condition(input.if_none_match.as_ref(), input.if_match)?;
    let attributes = asked!(input).attributes(&context)?;
    let headers = headers!(input);
    let stored = store(s3, input.body, input.content_length, &expected).await?;
    let object = ObjectRecord {
        version: 1,
        blob: stored.blob,
        size: stored.size,
        e_tag: hex::encode(stored.md5),
        modified_at: s3.clock.now(),
        headers,
        checksums: stored.checksums,
        checksum_kind: ChecksumKind::FullObject,
        attributes,
        parts: Vec::new(),
        version_id: None,
    };
    let told = Some((&context, "ObjectCreated:Put"));
    let version = s3.put_object(&input.bucket, &input.key, &object, &condition, told).await?;
    let checksum = object.checksum();
    Ok(with_checksums!(
        checksum.clone(),
        PutObjectOutput {
            bucket_key_enabled: object.attributes.bucket_key(),
            checksum_type: checksum.checksum_type,
            e_tag: Some(strong(&object.e_tag)),
            server_side_encryption: Some(object.attributes.encrypted()),
            ssekms_encryption_context: object.attributes.encryption_context(),
            ssekms_key_id: object.attributes.key_id(),
            version_id: version.and_then(|version| version.told()),
            ..PutObjectOutput::default()
        }
    ))
}

/// When a record was changed, to the second, as HTTP's dates are.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp(at.seconds() * 1000)
}
