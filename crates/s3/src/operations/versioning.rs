//! Whether a bucket keeps versions.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use engine::Expect;
use s3s::dto::{
    BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput, MFADelete,
    PutBucketVersioningInput, PutBucketVersioningOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use crate::S3;
use crate::records::{self, Versioning};

pub(super) async fn put_bucket_versioning(
    s3: &S3,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<PutBucketVersioningOutput> {
    let input = request.input;
    let (mut bucket, revision) = s3.bucket(&input.bucket).await?;
    let given = input.versioning_configuration;
    if given.mfa_delete.is_some_and(|mfa_delete| mfa_delete.as_str() != MFADelete::DISABLED) {
        // Accounts have no root users here, and none has a device: the answers are AWS's to whoever has not.
        return Err(match input.mfa {
            None => s3_error!(AccessDenied, "Mfa Authentication must be used for this request"),
            Some(_) => s3_error!(
                NotDeviceOwnerError,
                "The device that generated the token is not owned by the authenticated user."
            ),
        });
    }
    bucket.versioning = match given.status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        Some(_) => {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        None => {
            return Err(s3_error!(
                IllegalVersioningConfigurationException,
                "The Versioning element must be specified"
            ));
        }
    };
    let expect = Expect::Revision(revision);
    s3.put(records::bucket_key(&input.bucket), records::encode(&bucket), expect).await?;
    Ok(PutBucketVersioningOutput::default())
}

pub(super) async fn get_bucket_versioning(
    s3: &S3,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<GetBucketVersioningOutput> {
    let (bucket, _) = s3.bucket(&request.input.bucket).await?;
    let status = match bucket.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    let status = status.map(BucketVersioningStatus::from_static);
    Ok(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() })
}
