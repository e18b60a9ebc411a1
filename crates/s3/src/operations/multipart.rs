//! Multipart uploads: parts are blobs of their own until the upload is completed.

mod completing;
mod parts;

use std::iter;

use engine::{Change, Error, Expect, Refusal};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, StorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

pub(super) use self::completing::complete_multipart_upload;
pub(super) use self::parts::{upload_part, upload_part_copy};
use super::attributes::asked;
use super::checksums::{checksum, with_checksums};
use super::objects::headers;
use super::{context, moment, size, strong};
use crate::digest::USUAL;
use crate::records::{self, ChecksumKind, PartRecord, UploadChecksum, UploadRecord};
use crate::store::{failed, slow_down};
use crate::{S3, limits};

/// What names an upload: bucket, key, id.
type Upload<'a> = (&'a str, &'a str, &'a str);

/// An upload as it was read. Its revision is another one once a part came.
struct HeldUpload {
    record: UploadRecord,
    revision: u64,
}

impl HeldUpload {
    async fn is_unchanged(&self, s3: &S3, named: Upload<'_>) -> S3Result<bool> {
        Ok(upload(s3, named).await?.revision == self.revision)
    }
}

async fn upload(s3: &S3, (bucket, key, id): Upload<'_>) -> S3Result<HeldUpload> {
    let missing = || {
        s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        )
    };
    s3.bucket(bucket).await?;
    let found = s3.engine.get(&records::upload_key(bucket, id)).await.map_err(|error| failed(&error))?;
    let found = found.ok_or_else(missing)?;
    let record: UploadRecord = records::decode(&found.value)?;
    if record.key == key { Ok(HeldUpload { record, revision: found.revision }) } else { Err(missing()) }
}

/// The changes that end an upload with its parts.
fn ending((bucket, _, id): Upload<'_>, revision: u64, uploaded: &[(i32, PartRecord)]) -> Vec<Change> {
    let upload = Change::Delete(records::upload_key(bucket, id), Expect::Revision(revision));
    let part = |(number, _): &(i32, PartRecord)| {
        Change::Delete(records::part_key(bucket, id, *number), Expect::Anything)
    };
    iter::once(upload).chain(uploaded.iter().map(part)).collect()
}

/// Lets go of the parts of an upload that has ended.
async fn forget(s3: &S3, uploaded: &[(i32, PartRecord)]) {
    for (_, part) in uploaded {
        s3.forget_blob(&part.blob).await;
    }
}

async fn parts(s3: &S3, bucket: &str, id: &str) -> S3Result<Vec<(i32, PartRecord)>> {
    let prefix = records::parts_of(bucket, id);
    let found = s3.engine.list(&prefix, None, usize::MAX).await.map_err(|error| failed(&error))?;
    let number = |key: &str| key.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    found.iter().map(|record| Ok((number(record.key.as_str()), records::decode(&record.value)?))).collect()
}

/// The checksum that an upload is asked to have. Those that cannot be joined are of the parts' checksums.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>
fn asked_checksum(input: &CreateMultipartUploadInput) -> S3Result<Option<UploadChecksum>> {
    let kind = input.checksum_type.as_ref().map(ChecksumType::as_str);
    let Some(algorithm) = &input.checksum_algorithm else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(s3_error!(
                InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )),
        };
    };
    let algorithm = algorithm.as_str();
    let kind = match (algorithm, kind) {
        ("CRC32" | "CRC32C" | "SHA1" | "SHA256", None | Some(ChecksumType::COMPOSITE)) => {
            ChecksumKind::Composite
        }
        ("CRC32" | "CRC32C" | "CRC64NVME", Some(ChecksumType::FULL_OBJECT)) | ("CRC64NVME", None) => {
            ChecksumKind::FullObject
        }
        ("CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256", Some(kind)) => {
            let algorithm = algorithm.to_lowercase();
            return Err(s3_error!(
                InvalidRequest,
                "The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
            ));
        }
        _ => {
            let text = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
    };
    Ok(Some(UploadChecksum { algorithm: algorithm.to_lowercase(), kind }))
}

impl UploadRecord {
    /// The algorithm of its parts' checksums.
    fn algorithm(&self) -> &str {
        self.checksum.as_ref().map_or(USUAL, |checksum| &checksum.algorithm)
    }

    /// As clients are told, who asked for it.
    fn checksum_told(&self) -> (Option<ChecksumAlgorithm>, Option<ChecksumType>) {
        let told = self.checksum.as_ref();
        let algorithm = told.map(|checksum| ChecksumAlgorithm::from(checksum.algorithm.to_uppercase()));
        (algorithm, told.map(|checksum| ChecksumType::from_static(checksum.kind.name())))
    }
}

pub(super) async fn create_multipart_upload(
    s3: &S3,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let context = context(&request)?;
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    let id = s3.ids.uuid().as_simple().to_string();
    let checksum = asked_checksum(&input)?;
    let record = UploadRecord {
        version: 1,
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        attributes: asked!(input).attributes(&context)?,
        headers: headers!(input),
        checksum,
        begun_at: s3.clock.now(),
    };
    s3.put(records::upload_key(&input.bucket, &id), records::encode(&record), Expect::Absent).await?;
    let (checksum_algorithm, checksum_type) = record.checksum_told();
    Ok(CreateMultipartUploadOutput {
        bucket_key_enabled: record.attributes.bucket_key(),
        checksum_algorithm,
        checksum_type,
        server_side_encryption: Some(record.attributes.encrypted()),
        ssekms_encryption_context: record.attributes.encryption_context(),
        ssekms_key_id: record.attributes.key_id(),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn abort_multipart_upload(
    s3: &S3,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    let named = (&*input.bucket, &*input.key, &*input.upload_id);
    for _ in 0..limits::CHANGE_TRIES_MAX {
        let upload = upload(s3, named).await?;
        let uploaded = parts(s3, &input.bucket, &input.upload_id).await?;
        match s3.engine.change(ending(named, upload.revision, &uploaded)).await {
            Ok(()) => {
                forget(s3, &uploaded).await;
                return Ok(AbortMultipartUploadOutput::default());
            }
            Err(Error::Refused(Refusal::RecordChanged(_))) => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(slow_down())
}

pub(super) async fn list_parts(s3: &S3, request: S3Request<ListPartsInput>) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let upload = upload(s3, (&input.bucket, &input.key, &input.upload_id)).await?.record;
    let marker = input.part_number_marker.unwrap_or(0);
    let max_parts = input.max_parts.unwrap_or(limits::PAGE_MAX).clamp(0, limits::PAGE_MAX);
    let all = parts(s3, &input.bucket, &input.upload_id).await?;
    let mut left = all.into_iter().filter(|(number, _)| *number > marker);
    let page: Vec<Part> = left
        .by_ref()
        .take(usize::try_from(max_parts).unwrap_or(0))
        .map(|(number, part)| {
            with_checksums!(
                checksum(&part.checksums, None),
                Part {
                    part_number: Some(number),
                    size: Some(size(part.size)),
                    e_tag: Some(strong(&part.e_tag)),
                    last_modified: Some(moment(part.modified_at)),
                }
            )
        })
        .collect();
    let more = left.next().is_some();
    let last = page.last().and_then(|part| part.part_number).filter(|_| more);
    let (checksum_algorithm, checksum_type) = upload.checksum_told();
    Ok(ListPartsOutput {
        checksum_algorithm,
        checksum_type,
        part_number_marker: Some(marker),
        storage_class: Some(StorageClass::from(upload.attributes.class())),
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
            let (checksum_algorithm, checksum_type) = upload.checksum_told();
            uploads.push(MultipartUpload {
                checksum_algorithm,
                checksum_type,
                storage_class: Some(StorageClass::from(upload.attributes.class())),
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
