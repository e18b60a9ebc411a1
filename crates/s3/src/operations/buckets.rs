//! Buckets.

use engine::{Error, Expect, Refusal};
use s3s::dto::{
    Bucket, BucketCannedACL, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput,
    DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsInput, ListBucketsOutput, ObjectOwnership, Owner,
};
use s3s::{S3Request, S3Result, s3_error};

use super::attributes::{check_acl, grants};
use super::{context, moment};
use crate::S3;
use crate::records::{self, BucketRecord, Versioning};
use crate::store::failed;

pub(super) async fn create_bucket(
    s3: &S3,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let context = context(&request)?;
    let input = request.input;
    let grants = grants!(input) || input.grant_write.is_some();
    if check_acl(input.acl.as_ref().map(BucketCannedACL::as_str), grants).is_err() {
        let text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(s3_error!(InvalidBucketAclWithObjectOwnership, "{text}"));
    }
    let ownership = input.object_ownership.as_ref().map(ObjectOwnership::as_str);
    if ownership.is_some_and(|ownership| ownership != ObjectOwnership::BUCKET_OWNER_ENFORCED) {
        return Err(s3_error!(
            NotImplemented,
            "Buckets with access control lists are not supported by Konekuta"
        ));
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(s3_error!(NotImplemented, "Object Lock is not supported by Konekuta"));
    }
    let constraint = input.create_bucket_configuration.and_then(|given| given.location_constraint);
    let region =
        constraint.map_or_else(|| context.caller.region.to_string(), |given| given.as_str().to_owned());
    let record = BucketRecord {
        version: 1,
        name: input.bucket.clone(),
        region: region.clone(),
        account: context.caller.account.to_string(),
        created_at: s3.clock.now(),
        notifications: Vec::new(),
        versioning: Versioning::Never,
    };
    let key = records::bucket_key(&input.bucket);
    match s3.engine.put(key, records::encode(&record), Expect::Absent).await {
        Ok(_) => Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) }),
        Err(Error::Refused(Refusal::RecordChanged(_))) => {
            let (existing, _) = s3.bucket(&input.bucket).await?;
            if existing.account != record.account {
                return Err(s3_error!(BucketAlreadyExists, "The requested bucket name is not available."));
            }
            // In us-east-1 creating one's own bucket again succeeds, elsewhere it does not.
            if region == "us-east-1" {
                return Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) });
            }
            let text = "Your previous request to create the named bucket succeeded and you already own it.";
            Err(s3_error!(BucketAlreadyOwnedByYou, "{text}"))
        }
        Err(error) => Err(failed(&error)),
    }
}

pub(super) async fn head_bucket(s3: &S3, request: S3Request<HeadBucketInput>) -> S3Result<HeadBucketOutput> {
    let (bucket, _) = s3.bucket(&request.input.bucket).await?;
    Ok(HeadBucketOutput { bucket_region: Some(bucket.region), ..HeadBucketOutput::default() })
}

pub(super) async fn get_bucket_location(
    s3: &S3,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    let (bucket, _) = s3.bucket(&request.input.bucket).await?;
    let named = (bucket.region != "us-east-1").then_some(bucket.region);
    Ok(GetBucketLocationOutput { location_constraint: named.map(BucketLocationConstraint::from) })
}

pub(super) async fn list_buckets(
    s3: &S3,
    request: S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let context = context(&request)?;
    let found = s3.engine.list(records::BUCKETS, None, usize::MAX).await.map_err(|error| failed(&error))?;
    let records: Vec<BucketRecord> =
        found.iter().map(|record| records::decode(&record.value)).collect::<S3Result<_>>()?;
    let account = context.caller.account.to_string();
    let prefix = request.input.prefix.unwrap_or_default();
    let mine =
        records.into_iter().filter(|record| record.account == account && record.name.starts_with(&prefix));
    let buckets = mine.map(|record| Bucket {
        name: Some(record.name),
        creation_date: Some(moment(record.created_at)),
        bucket_region: Some(record.region),
    });
    Ok(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(Owner { id: Some(account), ..Owner::default() }),
        ..ListBucketsOutput::default()
    })
}

pub(super) async fn delete_bucket(
    s3: &S3,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    let name = &request.input.bucket;
    let (bucket, revision) = s3.bucket(name).await?;
    for prefix in [records::objects_of(name), records::versions_in(name), records::uploads_of(name)] {
        let held = s3.engine.list(&prefix, None, 1).await.map_err(|error| failed(&error))?;
        if !held.is_empty() {
            let empty = "The bucket you tried to delete is not empty";
            let versions = ". You must delete all versions in the bucket.";
            let versions = if bucket.versioning == Versioning::Never { "" } else { versions };
            return Err(s3_error!(BucketNotEmpty, "{empty}{versions}"));
        }
    }
    let deleted = s3.engine.delete(records::bucket_key(name), Expect::Revision(revision)).await;
    deleted.map_err(|error| failed(&error))?;
    Ok(DeleteBucketOutput {})
}
