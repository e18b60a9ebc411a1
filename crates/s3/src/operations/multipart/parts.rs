//! Parts: uploaded, or copied from an object.

use engine::{Change, Error, Expect, Refusal};
use s3s::dto::{
    CopyPartResult, Range, StreamingBlob, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Result, s3_error};

use super::{Upload, upload};
use crate::digest::Expected;
use crate::operations::checksums::{checksum, with_checksums};
use crate::operations::copying::{open_source, source};
use crate::operations::objects::{Stored, expected, store};
use crate::operations::reading::Conditions;
use crate::operations::{moment, strong};
use crate::records::{self, ObjectRecord, PartRecord};
use crate::store::{failed, slow_down};
use crate::versions::Found;
use crate::{S3, limits};

fn check_number(number: i32) -> S3Result<()> {
    if (1..=limits::PARTS_MAX).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

/// Makes what was stored a part of its upload, in place of the one that had its number. If it is refused, its blob is let
/// go of.
async fn put_part(
    s3: &S3,
    (bucket, key, id): Upload<'_>,
    number: i32,
    stored: Stored,
) -> S3Result<PartRecord> {
    let part = PartRecord {
        version: 1,
        blob: stored.blob,
        size: stored.size,
        e_tag: hex::encode(stored.md5),
        modified_at: s3.clock.now(),
        checksums: stored.checksums,
    };
    let put = try_put_part(s3, (bucket, key, id), number, &part).await;
    if put.as_ref().is_err_and(|error| *error.code() != S3ErrorCode::InternalError) {
        s3.forget_blob(&part.blob).await;
    }
    put.map(|()| part)
}

async fn try_put_part(
    s3: &S3,
    (bucket, key, id): Upload<'_>,
    number: i32,
    part: &PartRecord,
) -> S3Result<()> {
    for _ in 0..limits::CHANGE_TRIES_MAX {
        let upload = upload(s3, (bucket, key, id)).await?;
        let name = records::part_key(bucket, id, number);
        let old = s3.engine.get(&name).await.map_err(|error| failed(&error))?;
        let expect = old.as_ref().map_or(Expect::Absent, |old| Expect::Revision(old.revision));
        // The upload is written anew with each part: whoever completes it meanwhile learns of the part.
        let changes = vec![
            Change::Put(
                records::upload_key(bucket, id),
                records::encode(&upload.record),
                Expect::Revision(upload.revision),
            ),
            Change::Put(name, records::encode(part), expect),
        ];
        match s3.engine.change(changes).await {
            Ok(()) => {
                if let Some(old) = old {
                    let old: PartRecord = records::decode(&old.value)?;
                    s3.forget_blob(&old.blob).await;
                }
                return Ok(());
            }
            Err(Error::Refused(Refusal::RecordChanged(_))) => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(slow_down())
}

pub(in crate::operations) async fn upload_part(
    s3: &S3,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let expected = expected(&request)?;
    let input = request.input;
    check_number(input.part_number)?;
    let upload = upload(s3, (&input.bucket, &input.key, &input.upload_id)).await?.record;
    let (wanted, given) = (upload.algorithm(), expected.algorithm());
    if let Some(given) = given.filter(|given| upload.checksum.is_some() && *given != wanted) {
        return Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {wanted}, actual checksum Type: {given}"
        ));
    }
    let expected = expected.and(wanted);
    let stored = store(s3, input.body, input.content_length, &expected).await?;
    let part = put_part(s3, (&input.bucket, &input.key, &input.upload_id), input.part_number, stored).await?;
    let (attributes, told) = (upload.attributes, checksum(&part.checksums, None));
    Ok(with_checksums!(
        told,
        UploadPartOutput {
            bucket_key_enabled: attributes.bucket_key(),
            e_tag: Some(strong(&part.e_tag)),
            server_side_encryption: Some(attributes.encrypted()),
            ssekms_key_id: attributes.key_id(),
            ..UploadPartOutput::default()
        }
    ))
}

pub(in crate::operations) async fn upload_part_copy(
    s3: &S3,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    check_number(input.part_number)?;
    let upload = upload(s3, (&input.bucket, &input.key, &input.upload_id)).await?.record;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let wanted = |from: &ObjectRecord| {
        conditions.check_copy(from)?;
        let Some(text) = &input.copy_source_range else { return Ok(None) };
        let range = Range::parse(text).ok().and_then(|range| range.check(from.size).ok());
        let range = range
            .ok_or_else(|| s3_error!(InvalidArgument, "The x-amz-copy-source-range value is not valid"))?;
        Ok(Some(engine::ByteRange { start: range.start, length: range.end - range.start }))
    };
    let (Found { version_id: from_version, .. }, content) =
        open_source(s3, source(&input.copy_source)?, wanted).await?;
    let body = StreamingBlob::wrap(sync_wrapper::SyncStream::new(content));
    let stored = store(s3, Some(body), None, &Expected::only(upload.algorithm())).await?;
    let part = put_part(s3, (&input.bucket, &input.key, &input.upload_id), input.part_number, stored).await?;
    let result = with_checksums!(
        checksum(&part.checksums, None),
        CopyPartResult { e_tag: Some(strong(&part.e_tag)), last_modified: Some(moment(part.modified_at)) }
    );
    Ok(UploadPartCopyOutput {
        bucket_key_enabled: upload.attributes.bucket_key(),
        server_side_encryption: Some(upload.attributes.encrypted()),
        ssekms_key_id: upload.attributes.key_id(),
        copy_part_result: Some(result),
        copy_source_version_id: from_version,
        ..UploadPartCopyOutput::default()
    })
}
