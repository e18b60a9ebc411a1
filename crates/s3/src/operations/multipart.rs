//! Multipart uploads: parts are blobs of their own until the upload is completed.

use engine::{BlobId, Expect};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part, Range, StreamingBlob, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::objects::{expected, metadata, source, source_object, store};
use super::{context, moment, size, strong};
use crate::S3;
use crate::limits;
use crate::notifications::Happened;
use crate::records::{self, Headers, ObjectRecord, PartRecord, UploadRecord};
use crate::store::failed;
use crate::versions::{Condition, Found};

async fn upload(s3: &S3, bucket: &str, key: &str, id: &str) -> S3Result<UploadRecord> {
    let missing = || {
        s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        )
    };
    s3.bucket(bucket).await?;
    let found = s3.engine.get(&records::upload_key(bucket, id)).await.map_err(|error| failed(&error))?;
    let record: UploadRecord = records::decode(&found.ok_or_else(missing)?.value)?;
    if record.key == key { Ok(record) } else { Err(missing()) }
}

async fn parts(s3: &S3, bucket: &str, id: &str) -> S3Result<Vec<(i32, PartRecord)>> {
    let prefix = records::parts_of(bucket, id);
    let found = s3.engine.list(&prefix, None, usize::MAX).await.map_err(|error| failed(&error))?;
    let number = |key: &str| key.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    found.iter().map(|record| Ok((number(record.key.as_str()), records::decode(&record.value)?))).collect()
}

pub(super) async fn create_multipart_upload(
    s3: &S3,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let id = s3.ids.uuid().as_simple().to_string();
    let record = UploadRecord {
        version: 1,
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        headers: Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: metadata(input.metadata)?,
        },
        begun_at: s3.clock.now(),
    };
    s3.put(records::upload_key(&input.bucket, &id), records::encode(&record), Expect::Absent).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

fn check_number(number: i32) -> S3Result<()> {
    if (1..=limits::PARTS_MAX).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

async fn put_part(s3: &S3, bucket: &str, id: &str, number: i32, part: &PartRecord) -> S3Result<()> {
    let key = records::part_key(bucket, id, number);
    let old = s3.engine.get(&key).await.map_err(|error| failed(&error))?;
    s3.put(key, records::encode(part), Expect::Anything).await?;
    if let Some(old) = old {
        let old: PartRecord = records::decode(&old.value)?;
        s3.forget_blob(&old.blob).await;
    }
    Ok(())
}

pub(super) async fn upload_part(s3: &S3, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let expected = expected(&request);
    let input = request.input;
    check_number(input.part_number)?;
    upload(s3, &input.bucket, &input.key, &input.upload_id).await?;
    let stored = store(s3, input.body, input.content_length, &expected).await?;
    let part = PartRecord {
        version: 1,
        blob: stored.blob,
        size: stored.size,
        e_tag: hex::encode(stored.md5),
        modified_at: s3.clock.now(),
    };
    put_part(s3, &input.bucket, &input.upload_id, input.part_number, &part).await?;
    let checksum = |name: &str| stored.checksums.get(&format!("x-amz-checksum-{name}")).cloned();
    Ok(UploadPartOutput {
        e_tag: Some(strong(&part.e_tag)),
        checksum_crc32: checksum("crc32"),
        checksum_crc32c: checksum("crc32c"),
        checksum_crc64nvme: checksum("crc64nvme"),
        checksum_sha1: checksum("sha1"),
        checksum_sha256: checksum("sha256"),
        ..UploadPartOutput::default()
    })
}

pub(super) async fn upload_part_copy(
    s3: &S3,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    check_number(input.part_number)?;
    upload(s3, &input.bucket, &input.key, &input.upload_id).await?;
    let Found { object: from, version_id: from_version } =
        source_object(s3, source(&input.copy_source)?).await?;
    let wanted = match &input.copy_source_range {
        Some(text) => {
            let range = Range::parse(text).ok().and_then(|range| range.check(from.size).ok());
            let range = range.ok_or_else(|| {
                s3_error!(InvalidArgument, "The x-amz-copy-source-range value is not valid")
            })?;
            Some(engine::ByteRange { start: range.start, length: range.end - range.start })
        }
        None => None,
    };
    let content = s3.engine.read_blob(&from.blob, wanted).await.map_err(|error| failed(&error))?;
    let body = StreamingBlob::wrap(sync_wrapper::SyncStream::new(content));
    let nothing = crate::digest::Expected::of(&http::HeaderMap::new(), None);
    let stored = store(s3, Some(body), None, &nothing).await?;
    let part = PartRecord {
        version: 1,
        blob: stored.blob,
        size: stored.size,
        e_tag: hex::encode(stored.md5),
        modified_at: s3.clock.now(),
    };
    put_part(s3, &input.bucket, &input.upload_id, input.part_number, &part).await?;
    let result = CopyPartResult {
        e_tag: Some(strong(&part.e_tag)),
        last_modified: Some(moment(part.modified_at)),
        ..CopyPartResult::default()
    };
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: from_version,
        ..UploadPartCopyOutput::default()
    })
}

/// The parts that a client lists, in their order, each as it was uploaded.
fn chosen(listed: Vec<CompletedPart>, uploaded: &[(i32, PartRecord)]) -> S3Result<Vec<PartRecord>> {
    if listed.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let mut chosen = Vec::with_capacity(listed.len());
    let mut before = 0;
    let count = listed.len();
    for (index, part) in listed.into_iter().enumerate() {
        let number = part.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        before = number;
        let e_tag = part.e_tag.map(ETag::into_value).unwrap_or_default();
        let found = uploaded.iter().find(|(known, record)| *known == number && record.e_tag == e_tag);
        let (_, record) = found.ok_or_else(|| {
            s3_error!(InvalidPart, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
        })?;
        if index + 1 < count && record.size < limits::PART_BYTES_MIN {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        chosen.push(record.clone());
    }
    Ok(chosen)
}

pub(super) async fn complete_multipart_upload(
    s3: &S3,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let context = context(&request)?;
    let input = request.input;
    let record = upload(s3, &input.bucket, &input.key, &input.upload_id).await?;
    let uploaded = parts(s3, &input.bucket, &input.upload_id).await?;
    let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let chosen = chosen(listed, &uploaded)?;
    let blob = joined(s3, &chosen).await?;
    let mut digest = Md5::new();
    for part in &chosen {
        digest.update(hex::decode(&part.e_tag).unwrap_or_default());
    }
    let object = ObjectRecord {
        version: 1,
        blob,
        size: chosen.iter().map(|part| part.size).sum(),
        e_tag: format!("{}-{}", hex::encode(digest.finalize()), chosen.len()),
        modified_at: s3.clock.now(),
        headers: record.headers,
        checksums: std::collections::BTreeMap::new(),
        version_id: None,
    };
    let completed = s3.put_object(&input.bucket, &input.key, &object, &Condition::default()).await;
    let (bucket, version) = completed?;
    forget(s3, &input.bucket, &input.upload_id, &uploaded).await?;
    let event = "ObjectCreated:CompleteMultipartUpload";
    let happened = Happened::created(event, &input.key, &object, version);
    s3.notify(&context, &bucket, happened).await?;
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("{}/{}/{}", context.endpoint, input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(strong(&object.e_tag)),
        version_id: version.and_then(|version| version.told()),
        ..CompleteMultipartUploadOutput::default()
    })
}

/// One blob of all parts.
async fn joined(s3: &S3, parts: &[PartRecord]) -> S3Result<BlobId> {
    let mut contents = Vec::with_capacity(parts.len());
    for part in parts {
        contents.push(s3.engine.read_blob(&part.blob, None).await.map_err(|error| failed(&error))?);
    }
    s3.store_blob(stream::iter(contents.into_iter().map(Ok::<_, std::io::Error>)).try_flatten().boxed()).await
}

/// An upload ends: first its record, then its parts; what a crash leaves of them is named by nobody.
async fn forget(s3: &S3, bucket: &str, id: &str, uploaded: &[(i32, PartRecord)]) -> S3Result<()> {
    let deleted = s3.engine.delete(records::upload_key(bucket, id), Expect::Anything).await;
    deleted.map_err(|error| failed(&error))?;
    for (number, part) in uploaded {
        let deleted = s3.engine.delete(records::part_key(bucket, id, *number), Expect::Anything).await;
        deleted.map_err(|error| failed(&error))?;
        s3.forget_blob(&part.blob).await;
    }
    Ok(())
}

pub(super) async fn abort_multipart_upload(
    s3: &S3,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    upload(s3, &input.bucket, &input.key, &input.upload_id).await?;
    let uploaded = parts(s3, &input.bucket, &input.upload_id).await?;
    forget(s3, &input.bucket, &input.upload_id, &uploaded).await?;
    Ok(AbortMultipartUploadOutput::default())
}

pub(super) async fn list_parts(s3: &S3, request: S3Request<ListPartsInput>) -> S3Result<ListPartsOutput> {
    let input = request.input;
    upload(s3, &input.bucket, &input.key, &input.upload_id).await?;
    let marker = input.part_number_marker.unwrap_or(0);
    let max_parts = input.max_parts.unwrap_or(limits::PAGE_MAX).clamp(0, limits::PAGE_MAX);
    let all = parts(s3, &input.bucket, &input.upload_id).await?;
    let mut left = all.into_iter().filter(|(number, _)| *number > marker);
    let page: Vec<Part> = left
        .by_ref()
        .take(usize::try_from(max_parts).unwrap_or(0))
        .map(|(number, part)| Part {
            part_number: Some(number),
            size: Some(size(part.size)),
            e_tag: Some(strong(&part.e_tag)),
            last_modified: Some(moment(part.modified_at)),
            ..Part::default()
        })
        .collect();
    let more = left.next().is_some();
    let last = page.last().and_then(|part| part.part_number).filter(|_| more);
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(more),
        max_parts: Some(max_parts),
        next_part_number_marker: last,
        parts: Some(page),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn list_multipart_uploads(
    s3: &S3,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let prefix = records::uploads_of(&input.bucket);
    let found = s3.engine.list(&prefix, None, usize::MAX).await.map_err(|error| failed(&error))?;
    let wanted = input.prefix.clone().unwrap_or_default();
    let mut uploads = Vec::new();
    for record in found {
        let upload: UploadRecord = records::decode(&record.value)?;
        if upload.key.starts_with(&wanted) {
            uploads.push(MultipartUpload {
                key: Some(upload.key),
                upload_id: record.key.as_str().strip_prefix(&prefix).map(str::to_owned),
                initiated: Some(moment(upload.begun_at)),
                ..MultipartUpload::default()
            });
        }
    }
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(false),
        uploads: Some(uploads),
        ..ListMultipartUploadsOutput::default()
    })
}
