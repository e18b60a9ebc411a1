//! S3's operations, each delegated to the file of its subject. What is not here answers `NotImplemented`.

mod access;
mod attributes;
mod buckets;
mod checksums;
mod copying;
mod deleting;
mod describing;
mod listing;
mod listing_versions;
mod multipart;
mod notification;
mod objects;
mod reading;
mod tagging;
mod versioning;

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput,
    DeleteObjectsInput, DeleteObjectsOutput, ETag, GetBucketAclInput, GetBucketAclOutput,
    GetBucketLocationInput, GetBucketLocationOutput, GetBucketNotificationConfigurationInput,
    GetBucketNotificationConfigurationOutput, GetBucketOwnershipControlsInput,
    GetBucketOwnershipControlsOutput, GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectAclInput,
    GetObjectAclOutput, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectInput, GetObjectOutput,
    GetObjectTaggingInput, GetObjectTaggingOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    PutBucketAclInput, PutBucketAclOutput, PutBucketNotificationConfigurationInput,
    PutBucketNotificationConfigurationOutput, PutBucketVersioningInput, PutBucketVersioningOutput,
    PutObjectAclInput, PutObjectAclOutput, PutObjectInput, PutObjectOutput, PutObjectTaggingInput,
    PutObjectTaggingOutput, Timestamp, TimestampFormat, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use service::Context;

use crate::S3;

/// The face that s3s calls.
pub(crate) struct Operations(pub(crate) Arc<S3>);

/// The circumstances that the front has put beside the request.
fn context<T>(request: &S3Request<T>) -> S3Result<Context> {
    request.extensions.get::<Context>().cloned().ok_or_else(|| s3_error!(InternalError))
}

/// What an operation answers: its output, with headers of its own where the output has no field for them.
struct Answer<T>(S3Response<T>);

impl<T> From<T> for Answer<T> {
    fn from(output: T) -> Self {
        Self(S3Response::new(output))
    }
}

impl<T> From<S3Response<T>> for Answer<T> {
    fn from(response: S3Response<T>) -> Self {
        Self(response)
    }
}

/// Hands each operation to a function of the same name, and lists them.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident in $place:ident;)*) => {
        /// The shapes that operations take: their names with `Input` behind.
        const INPUTS: &[&str] = &[$(stringify!($input)),*];

        #[async_trait::async_trait]
        impl s3s::S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $place::$name(&self.0, request).await.map(|answer| Answer::<$output>::from(answer).0)
            })*
        }
    };
}

operations! {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput in multipart;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput in multipart;
    copy_object(CopyObjectInput) -> CopyObjectOutput in copying;
    create_bucket(CreateBucketInput) -> CreateBucketOutput in buckets;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput in multipart;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput in buckets;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput in deleting;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput in tagging;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput in deleting;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput in access;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput in buckets;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput in notification;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput in access;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput in versioning;
    get_object(GetObjectInput) -> GetObjectOutput in reading;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput in access;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput in describing;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput in tagging;
    head_bucket(HeadBucketInput) -> HeadBucketOutput in buckets;
    head_object(HeadObjectInput) -> HeadObjectOutput in reading;
    list_buckets(ListBucketsInput) -> ListBucketsOutput in buckets;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput in multipart;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput in listing_versions;
    list_objects(ListObjectsInput) -> ListObjectsOutput in listing;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output in listing;
    list_parts(ListPartsInput) -> ListPartsOutput in multipart;
    put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput in access;
    put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput in notification;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput in versioning;
    put_object(PutObjectInput) -> PutObjectOutput in objects;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput in access;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput in tagging;
    upload_part(UploadPartInput) -> UploadPartOutput in multipart;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput in multipart;
}

/// The names of all operations that are served.
pub fn operations() -> impl Iterator<Item = &'static str> {
    INPUTS.iter().filter_map(|input| input.strip_suffix("Input"))
}

/// A moment in s3s's form.
pub(crate) fn moment(at: engine::Timestamp) -> Timestamp {
    let seconds = i64::try_from(at.seconds()).unwrap_or(0);
    let at = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    Timestamp::from(at)
}

/// A moment as HTTP writes dates.
fn http_date(at: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    at.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

fn strong(e_tag: &str) -> ETag {
    ETag::Strong(e_tag.to_owned())
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
