//! Completing an upload: its parts become one object.

use std::io;
use std::sync::Arc;

use engine::{BlobId, Error};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3ErrorCode, S3Request, S3Result, s3_error};
use service::Context;

use super::{Upload, ending, forget, parts, upload};
use crate::operations::{context, strong};
use crate::records::{ObjectRecord, PartRecord};
use crate::store::{failed, slow_down};
use crate::version_id::VersionId;
use crate::versions::Condition;
use crate::{S3, limits};

/// The parts that a client lists, in their order, each as it was uploaded.
fn chosen(listed: &[CompletedPart], uploaded: &[(i32, PartRecord)]) -> S3Result<Vec<PartRecord>> {
    if listed.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let mut chosen = Vec::with_capacity(listed.len());
    let mut before = 0;
    let count = listed.len();
    for (index, part) in listed.iter().enumerate() {
        let number = part.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        before = number;
        let e_tag = part.e_tag.as_ref().map(ETag::value).unwrap_or_default();
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

pub(in crate::operations) async fn complete_multipart_upload(
    s3: &S3,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let context = context(&request)?;
    let input = request.input;
    let named = (&*input.bucket, &*input.key, &*input.upload_id);
    let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    for _ in 0..limits::READ_TRIES_MAX {
        let Some((object, version)) = try_complete(s3, &context, named, &listed).await? else { continue };
        return Ok(CompleteMultipartUploadOutput {
            location: Some(format!("{}/{}/{}", context.endpoint, input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(strong(&object.e_tag)),
            version_id: version.and_then(|version| version.told()),
            ..CompleteMultipartUploadOutput::default()
        });
    }
    Err(slow_down())
}

/// Makes an object of an upload's parts; the upload and its parts end with the same change. `None`: parts have changed
/// meanwhile.
async fn try_complete(
    s3: &S3,
    context: &Context,
    (bucket, key, id): Upload<'_>,
    listed: &[CompletedPart],
) -> S3Result<Option<(ObjectRecord, Option<VersionId>)>> {
    let upload = upload(s3, (bucket, key, id)).await?;
    let uploaded = parts(s3, bucket, id).await?;
    let chosen = chosen(listed, &uploaded)?;
    let blob = match joined(s3, &chosen).await {
        Ok(blob) => blob,
        Err(error) if upload.is_unchanged(s3, (bucket, key, id)).await? => return Err(failed(&error)),
        Err(_) => return Ok(None),
    };
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
        headers: upload.record.headers,
        checksums: std::collections::BTreeMap::new(),
        version_id: None,
    };
    let ends = ending((bucket, key, id), upload.revision, &uploaded);
    let condition = Condition { ends, ..Condition::default() };
    let told = Some((context, "ObjectCreated:CompleteMultipartUpload"));
    match s3.put_object(bucket, key, &object, &condition, told).await {
        Ok(version) => {
            forget(s3, &uploaded).await;
            Ok(Some((object, version)))
        }
        Err(error) if *error.code() == S3ErrorCode::OperationAborted => Ok(None),
        Err(error) => Err(error),
    }
}

/// One blob of all parts.
async fn joined(s3: &S3, parts: &[PartRecord]) -> Result<BlobId, Error> {
    let (engine, blobs) = (Arc::clone(&s3.engine), parts.iter().map(|part| part.blob.clone()));
    // One after another: there may be more parts than a process may open files.
    let contents = stream::iter(blobs.collect::<Vec<_>>()).then(move |blob| {
        let engine = Arc::clone(&engine);
        async move { engine.read_blob(&blob, None).await.map_err(io::Error::other) }
    });
    Ok(s3.engine.put_blob(contents.try_flatten().boxed()).await?.0)
}
