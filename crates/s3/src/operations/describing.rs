//! What is known of an object, without its content.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>

use s3s::dto::{
    ETag, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts, ObjectAttributes,
    ObjectPart, StorageClass,
};
use s3s::{S3Request, S3Result};

use super::checksums::{checksum, with_checksums};
use super::{moment, size};
use crate::records::ObjectRecord;
use crate::{S3, limits};

/// A page of the parts that an object was uploaded in. They are listed where they have checksums of their own.
fn parts(object: &ObjectRecord, after: Option<i32>, max: Option<i32>) -> Option<GetObjectAttributesParts> {
    if object.parts.is_empty() {
        return None;
    }
    let (after, max) = (after.unwrap_or(0), max.unwrap_or(limits::PAGE_MAX).clamp(0, limits::PAGE_MAX));
    let listed = object.parts.iter().any(|part| !part.checksums.is_empty());
    let mut left = object.parts.iter().filter(|part| listed && part.number > after);
    let page = left.by_ref().take(usize::try_from(max).unwrap_or(0));
    let page: Vec<ObjectPart> = page
        .map(|part| {
            with_checksums!(
                checksum(&part.checksums, None),
                ObjectPart { part_number: Some(part.number), size: Some(size(part.size)) }
            )
        })
        .collect();
    let more = left.next().is_some();
    Some(GetObjectAttributesParts {
        is_truncated: Some(more),
        max_parts: Some(max),
        next_part_number_marker: page.last().and_then(|part| part.part_number).or(Some(0)),
        part_number_marker: Some(after),
        parts: listed.then_some(page),
        total_parts_count: i32::try_from(object.parts.len()).ok(),
    })
}

pub(super) async fn get_object_attributes(
    s3: &S3,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<GetObjectAttributesOutput> {
    let input = request.input;
    let found = s3.version_or_object(&input.bucket, &input.key, input.version_id.as_deref()).await?;
    let object = found.object;
    // SDKs write them in one header, others in several.
    let asks = |name: &str| {
        let mut given = input.object_attributes.iter().flat_map(|given| given.as_str().split(','));
        given.any(|given| given.trim() == name)
    };
    let parts = parts(&object, input.part_number_marker, input.max_parts);
    let checksum = Some(object.checksum()).filter(|_| !object.checksums.is_empty());
    Ok(GetObjectAttributesOutput {
        checksum: checksum.filter(|_| asks(ObjectAttributes::CHECKSUM)),
        e_tag: asks(ObjectAttributes::ETAG).then(|| ETag::Strong(object.e_tag.clone())),
        last_modified: Some(moment(object.modified_at)),
        object_parts: parts.filter(|_| asks(ObjectAttributes::OBJECT_PARTS)),
        object_size: asks(ObjectAttributes::OBJECT_SIZE).then(|| size(object.size)),
        storage_class: asks(ObjectAttributes::STORAGE_CLASS)
            .then(|| StorageClass::from(object.attributes.class())),
        version_id: found.version_id,
        ..GetObjectAttributesOutput::default()
    })
}
