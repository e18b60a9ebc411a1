//! Access control lists, which buckets do not allow: everything is its owner's.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use s3s::dto::{
    AccessControlPolicy, GetBucketAclInput, GetBucketAclOutput, GetBucketOwnershipControlsInput,
    GetBucketOwnershipControlsOutput, GetObjectAclInput, GetObjectAclOutput, Grant, Grantee, ObjectOwnership,
    Owner, OwnershipControls, OwnershipControlsRule, Permission, PutBucketAclInput, PutBucketAclOutput,
    PutObjectAclInput, PutObjectAclOutput, Type,
};
use s3s::{S3Request, S3Result};

use super::attributes::{check_acl, grants};
use crate::S3;

fn owned_by(account: String) -> (Owner, Grant) {
    let grantee = Grantee {
        id: Some(account.clone()),
        type_: Type::from_static(Type::CANONICAL_USER),
        display_name: None,
        email_address: None,
        uri: None,
    };
    let permission = Some(Permission::from_static(Permission::FULL_CONTROL));
    (Owner { id: Some(account), ..Owner::default() }, Grant { grantee: Some(grantee), permission })
}

/// Whether a document grants its owner everything and nobody else anything: that is allowed.
fn document_grants_others(policy: Option<&AccessControlPolicy>, account: &str) -> bool {
    let is_owners = |grant: &Grant| {
        let grantee = grant.grantee.as_ref().and_then(|grantee| grantee.id.as_deref());
        let all = grant.permission.as_ref().is_some_and(|it| it.as_str() == Permission::FULL_CONTROL);
        grantee == Some(account) && all
    };
    policy.is_some_and(|policy| !policy.grants.iter().flatten().all(is_owners))
}

/// Whether an input grants anything, by a header or in its document, that is not its owner's already.
macro_rules! grants_others {
    ($input:ident, $account:expr) => {
        grants!($input)
            || $input.grant_write.is_some()
            || document_grants_others($input.access_control_policy.as_ref(), $account)
    };
}

pub(super) async fn get_bucket_acl(
    s3: &S3,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<GetBucketAclOutput> {
    let (bucket, _) = s3.bucket(&request.input.bucket).await?;
    let (owner, grant) = owned_by(bucket.account);
    Ok(GetBucketAclOutput { grants: Some(vec![grant]), owner: Some(owner) })
}

pub(super) async fn get_object_acl(
    s3: &S3,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<GetObjectAclOutput> {
    let input = request.input;
    let (bucket, _) = s3.bucket(&input.bucket).await?;
    s3.version_or_object(&input.bucket, &input.key, input.version_id.as_deref()).await?;
    let (owner, grant) = owned_by(bucket.account);
    Ok(GetObjectAclOutput { grants: Some(vec![grant]), owner: Some(owner), ..GetObjectAclOutput::default() })
}

pub(super) async fn put_bucket_acl(
    s3: &S3,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<PutBucketAclOutput> {
    let input = request.input;
    let (bucket, _) = s3.bucket(&input.bucket).await?;
    check_acl(
        input.acl.as_ref().map(s3s::dto::BucketCannedACL::as_str),
        grants_others!(input, &bucket.account),
    )?;
    Ok(PutBucketAclOutput {})
}

pub(super) async fn put_object_acl(
    s3: &S3,
    request: S3Request<PutObjectAclInput>,
) -> S3Result<PutObjectAclOutput> {
    let input = request.input;
    let (bucket, _) = s3.bucket(&input.bucket).await?;
    s3.version_or_object(&input.bucket, &input.key, input.version_id.as_deref()).await?;
    check_acl(
        input.acl.as_ref().map(s3s::dto::ObjectCannedACL::as_str),
        grants_others!(input, &bucket.account),
    )?;
    Ok(PutObjectAclOutput::default())
}

pub(super) async fn get_bucket_ownership_controls(
    s3: &S3,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> S3Result<GetBucketOwnershipControlsOutput> {
    s3.bucket(&request.input.bucket).await?;
    let object_ownership = ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED);
    let rules = vec![OwnershipControlsRule { object_ownership }];
    Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(OwnershipControls { rules }) })
}
