//! What a request says of how an object is to be kept: its storage class, encryption, tags, access. What is kept here is
//! kept with it; what cannot be is refused, as AWS refuses it.

use s3s::dto::{BucketKeyEnabled, ObjectStorageClass, SSEKMSKeyId, ServerSideEncryption, StorageClass};
use s3s::{S3Result, s3_error};
use service::Context;

use super::tagging;
use crate::records::{Attributes, Encryption};

/// What PutObject, CopyObject and CreateMultipartUpload are asked alike.
pub(super) struct Asked {
    pub(super) acl: Option<String>,
    /// Somebody is granted something.
    pub(super) grants: bool,
    /// A retention or a legal hold.
    pub(super) lock: bool,
    pub(super) storage_class: Option<String>,
    pub(super) encryption: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) encryption_context: Option<String>,
    pub(super) bucket_key: bool,
    pub(super) tagging: Option<String>,
}

/// Whether an input grants anybody anything by a header that objects and buckets have: their shapes differ in name only.
macro_rules! grants {
    ($input:ident) => {
        $input.grant_full_control.is_some()
            || $input.grant_read.is_some()
            || $input.grant_read_acp.is_some()
            || $input.grant_write_acp.is_some()
    };
}
pub(super) use grants;

/// Takes what is asked out of an input, likewise.
macro_rules! asked {
    ($input:ident) => {
        $crate::operations::attributes::Asked {
            acl: $input.acl.as_ref().map(|acl| acl.as_str().to_owned()),
            grants: $crate::operations::attributes::grants!($input),
            lock: $input.object_lock_mode.is_some()
                || $input.object_lock_retain_until_date.is_some()
                || $input.object_lock_legal_hold_status.is_some(),
            storage_class: $input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
            encryption: $input.server_side_encryption.as_ref().map(|kind| kind.as_str().to_owned()),
            key_id: $input.ssekms_key_id.clone(),
            encryption_context: $input.ssekms_encryption_context.clone(),
            bucket_key: $input.bucket_key_enabled == Some(true),
            tagging: $input.tagging.clone(),
        }
    };
}
pub(super) use asked;

/// Every bucket's objects are its owner's alone: S3 Object Ownership is `BucketOwnerEnforced`, as it is for new buckets.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub(super) fn check_acl(acl: Option<&str>, grants: bool) -> S3Result<()> {
    if !grants && matches!(acl, None | Some("private" | "bucket-owner-full-control")) {
        return Ok(());
    }
    Err(s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs"))
}

impl Asked {
    pub(super) fn attributes(self, context: &Context) -> S3Result<Attributes> {
        check_acl(self.acl.as_deref(), self.grants)?;
        if self.lock {
            return Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration"));
        }
        Ok(Attributes {
            storage_class: storage_class(self.storage_class)?,
            tags: self.tagging.as_deref().map(tagging::of_header).transpose()?.unwrap_or_default(),
            encryption: encryption(
                context,
                self.encryption.as_deref(),
                self.key_id,
                (self.encryption_context, self.bucket_key),
            )?,
        })
    }
}

/// The storage class that is kept; `None`: the usual one.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>
fn storage_class(asked: Option<String>) -> S3Result<Option<String>> {
    let Some(class) = asked else { return Ok(None) };
    match &*class {
        "STANDARD" => Ok(None),
        "REDUCED_REDUNDANCY" | "STANDARD_IA" | "ONEZONE_IA" | "INTELLIGENT_TIERING" | "GLACIER_IR" => {
            Ok(Some(class))
        }
        // What is archived cannot be read until it is restored, which cannot be asked for here.
        "GLACIER" | "DEEP_ARCHIVE" => {
            Err(s3_error!(NotImplemented, "The storage class {class} is not supported by Konekuta"))
        }
        _ => Err(s3_error!(InvalidStorageClass, "The storage class you specified is not valid")),
    }
}

/// Which key of KMS an object would be encrypted with; `None`: with S3's own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
fn encryption(
    context: &Context,
    algorithm: Option<&str>,
    key_id: Option<String>,
    (encryption_context, bucket_key): (Option<String>, bool),
) -> S3Result<Option<Encryption>> {
    let algorithm = match algorithm {
        None | Some("AES256") if key_id.is_none() => return Ok(None),
        Some(algorithm @ ("aws:kms" | "aws:kms:dsse")) => algorithm.to_owned(),
        None | Some("AES256") => {
            let text = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms";
            return Err(s3_error!(InvalidArgument, "{text}"));
        }
        Some(_) => {
            let text = "The encryption request that you specified is not valid. The valid value is AES256.";
            return Err(s3_error!(InvalidEncryptionAlgorithmError, "{text}"));
        }
    };
    let keys = format!("arn:aws:kms:{}:{}", context.caller.region, context.caller.account);
    let key_id = match key_id {
        Some(arn) if arn.starts_with("arn:") => arn,
        Some(alias) if alias.starts_with("alias/") => format!("{keys}:{alias}"),
        Some(id) => format!("{keys}:key/{id}"),
        None => format!("{keys}:alias/aws/s3"),
    };
    Ok(Some(Encryption { algorithm, key_id, context: encryption_context, bucket_key }))
}

impl Attributes {
    /// `x-amz-server-side-encryption`: every object is encrypted at AWS.
    pub(super) fn encrypted(&self) -> ServerSideEncryption {
        let kms = self.encryption.as_ref().map(|encryption| encryption.algorithm.clone());
        kms.map_or_else(
            || ServerSideEncryption::from_static(ServerSideEncryption::AES256),
            ServerSideEncryption::from,
        )
    }

    pub(super) fn key_id(&self) -> Option<SSEKMSKeyId> {
        self.encryption.as_ref().map(|encryption| encryption.key_id.clone())
    }

    pub(super) fn bucket_key(&self) -> Option<BucketKeyEnabled> {
        self.encryption.as_ref().filter(|encryption| encryption.bucket_key).map(|_| true)
    }

    pub(super) fn encryption_context(&self) -> Option<String> {
        self.encryption.as_ref().and_then(|encryption| encryption.context.clone())
    }

    /// `x-amz-storage-class`, which of the usual one says nothing.
    pub(super) fn unusual_class(&self) -> Option<StorageClass> {
        self.storage_class.clone().map(StorageClass::from)
    }

    /// As lists have it.
    pub(super) fn class(&self) -> String {
        self.storage_class.clone().unwrap_or_else(|| ObjectStorageClass::STANDARD.to_owned())
    }
}
