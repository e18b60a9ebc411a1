//! Completing an upload: its parts become one object.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use engine::{BlobId, Error};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3ErrorCode, S3Request, S3Result, s3_error};
use service::Context;

use super::{Upload, ending, forget, parts, upload};
use crate::digest::{Digesting, Expected, header, of_checksums};
use crate::operations::checksums::with_checksums;
use crate::operations::objects::condition;
use crate::operations::{context, size, strong};
use crate::records::{ChecksumKind, ObjectPart, ObjectRecord, PartRecord, UploadRecord};
use crate::store::{failed, slow_down};
use crate::version_id::VersionId;
use crate::versions::Condition;
use crate::{S3, limits};

/// The checksums in a shape, with the names of their algorithms.
macro_rules! given {
    ($shape:expr) => {{
        let given = [
            ("crc32", &$shape.checksum_crc32),
            ("crc32c", &$shape.checksum_crc32c),
            ("crc64nvme", &$shape.checksum_crc64nvme),
            ("sha1", &$shape.checksum_sha1),
            ("sha256", &$shape.checksum_sha256),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect::<Vec<_>>()
    }};
}

/// What a client says of the whole object, which must be so.
struct Claimed {
    checksums: Vec<(&'static str, String)>,
    kind: Option<String>,
    size: Option<i64>,
}

impl Claimed {
    fn check(&self, upload: &UploadRecord, object: &ObjectRecord) -> S3Result<()> {
        let kind = upload.checksum.as_ref().map_or("FULL_OBJECT", |checksum| checksum.kind.name());
        if self.kind.as_ref().is_some_and(|claimed| claimed != kind) {
            return Err(s3_error!(
                InvalidRequest,
                "The upload was created using the {kind} checksum mode. The complete request must use the same checksum mode."
            ));
        }
        if let Some(claimed) = self.size.filter(|claimed| *claimed != size(object.size)) {
            return Err(s3_error!(
                InvalidRequest,
                "The provided 'x-amz-mp-object-size' header value {claimed} does not match what was computed: {}",
                object.size
            ));
        }
        for (name, claimed) in &self.checksums {
            // With or without the number of parts behind it.
            let bare = |text: &str| text.split('-').next().unwrap_or_default().to_owned();
            let computed = object.checksums.get(&header(name));
            if computed.is_some_and(|computed| bare(computed) != bare(claimed)) {
                let name = name.to_uppercase();
                return Err(s3_error!(
                    BadDigest,
                    "The {name} you specified did not match the calculated checksum."
                ));
            }
        }
        Ok(())
    }
}

/// The parts that a client lists, in their order, each as it was uploaded.
fn chosen(listed: &[CompletedPart], uploaded: &[(i32, PartRecord)]) -> S3Result<Vec<(i32, PartRecord)>> {
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
        let given = given!(part);
        let fits = |record: &PartRecord| {
            record.e_tag == e_tag
                && given.iter().all(|(name, value)| {
                    record.checksums.get(&header(name)).is_none_or(|stored| stored == *value)
                })
        };
        let found = uploaded.iter().find(|(known, record)| *known == number && fits(record));
        let (_, record) = found.ok_or_else(|| {
            s3_error!(InvalidPart, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
        })?;
        if index + 1 < count && record.size < limits::PART_BYTES_MIN {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        chosen.push((number, record.clone()));
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
    let given = given!(input);
    let claimed = Claimed {
        checksums: given.into_iter().map(|(name, value)| (name, value.clone())).collect(),
        kind: input.checksum_type.as_ref().map(|kind| kind.as_str().to_owned()),
        size: input.mpu_object_size,
    };
    let condition = condition(input.if_none_match.as_ref(), input.if_match)?;
    let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    for _ in 0..limits::READ_TRIES_MAX {
        let Some((object, version)) =
            try_complete(s3, &context, named, (&listed, &claimed, &condition)).await?
        else {
            continue;
        };
        let checksum = object.checksum();
        return Ok(with_checksums!(
            checksum.clone(),
            CompleteMultipartUploadOutput {
                bucket_key_enabled: object.attributes.bucket_key(),
                checksum_type: checksum.checksum_type,
                server_side_encryption: Some(object.attributes.encrypted()),
                ssekms_key_id: object.attributes.key_id(),
                location: Some(format!("{}/{}/{}", context.endpoint, input.bucket, input.key)),
                bucket: Some(input.bucket),
                key: Some(input.key),
                e_tag: Some(strong(&object.e_tag)),
                version_id: version.and_then(|version| version.told()),
                ..CompleteMultipartUploadOutput::default()
            }
        ));
    }
    Err(slow_down())
}

/// Makes an object of an upload's parts; the upload and its parts end with the same change. `None`: parts have changed
/// meanwhile.
async fn try_complete(
    s3: &S3,
    context: &Context,
    (bucket, key, id): Upload<'_>,
    (listed, claimed, condition): (&[CompletedPart], &Claimed, &Condition),
) -> S3Result<Option<(ObjectRecord, Option<VersionId>)>> {
    let upload = upload(s3, (bucket, key, id)).await?;
    let uploaded = parts(s3, bucket, id).await?;
    let chosen = chosen(listed, &uploaded)?;
    let (blob, checksums) = match joined(s3, &chosen, upload.record.algorithm()).await {
        Ok(joined) => joined,
        Err(error) if upload.is_unchanged(s3, (bucket, key, id)).await? => return Err(failed(&error)),
        Err(_) => return Ok(None),
    };
    let object = object(s3, &upload.record, &chosen, blob, checksums);
    if let Err(error) = claimed.check(&upload.record, &object) {
        s3.forget_blob(&object.blob).await;
        return Err(error);
    }
    let ends = ending((bucket, key, id), upload.revision, &uploaded);
    let condition = Condition { ends, absent: condition.absent, matches: condition.matches.clone() };
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

/// The object that parts become.
fn object(
    s3: &S3,
    upload: &UploadRecord,
    chosen: &[(i32, PartRecord)],
    blob: BlobId,
    mut checksums: BTreeMap<String, String>,
) -> ObjectRecord {
    let mut digest = Md5::new();
    for (_, part) in chosen {
        digest.update(hex::decode(&part.e_tag).unwrap_or_default());
    }
    let name = header(upload.algorithm());
    let checksum_kind = upload.checksum.as_ref().map(|checksum| checksum.kind).unwrap_or_default();
    if checksum_kind == ChecksumKind::Composite {
        let parts: Vec<&str> =
            chosen.iter().filter_map(|(_, part)| part.checksums.get(&name)).map(String::as_str).collect();
        checksums.clear();
        if let Some(sum) =
            of_checksums(upload.algorithm(), parts.iter().copied()).filter(|_| parts.len() == chosen.len())
        {
            checksums.insert(name.clone(), format!("{sum}-{}", chosen.len()));
        }
    }
    let part = |(number, part): &(i32, PartRecord)| {
        // A part's own checksum is told where it was asked for.
        let own = part.checksums.get(&name).filter(|_| upload.checksum.is_some());
        let checksums = own.map(|own| (name.clone(), own.clone())).into_iter().collect();
        ObjectPart { number: *number, size: part.size, checksums }
    };
    ObjectRecord {
        version: 1,
        blob,
        size: chosen.iter().map(|(_, part)| part.size).sum(),
        e_tag: format!("{}-{}", hex::encode(digest.finalize()), chosen.len()),
        modified_at: s3.clock.now(),
        headers: upload.headers.clone(),
        checksums,
        checksum_kind,
        attributes: upload.attributes.clone(),
        parts: chosen.iter().map(part).collect(),
        version_id: None,
    }
}

/// One blob of all parts, and its checksum.
async fn joined(
    s3: &S3,
    parts: &[(i32, PartRecord)],
    algorithm: &str,
) -> Result<(BlobId, BTreeMap<String, String>), Error> {
    let (engine, blobs) = (Arc::clone(&s3.engine), parts.iter().map(|(_, part)| part.blob.clone()));
    // One after another: there may be more parts than a process may open files.
    let contents = stream::iter(blobs.collect::<Vec<_>>()).then(move |blob| {
        let engine = Arc::clone(&engine);
        async move { engine.read_blob(&blob, None).await.map_err(io::Error::other) }
    });
    let (content, digesting) = Digesting::new(contents.try_flatten().boxed(), &Expected::only(algorithm));
    let (blob, _) = s3.engine.put_blob(content).await?;
    Ok((blob, digesting.finish().checksums))
}
