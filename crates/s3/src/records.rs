//! What S3 keeps in the registry.

use std::collections::BTreeMap;

use bytes::Bytes;
use engine::{BlobId, RecordKey, Timestamp};
use s3s::{S3Result, s3_error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::notifications::Target;

/// A bucket. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) created_at: Timestamp,
    pub(crate) notifications: Vec<Target>,
}

/// What a client says of an object's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// An object. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    pub(crate) version: u32,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) e_tag: String,
    pub(crate) modified_at: Timestamp,
    pub(crate) headers: Headers,
    /// Checksums that were given, by the names of their headers.
    pub(crate) checksums: BTreeMap<String, String>,
}

/// A multipart upload. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) version: u32,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) headers: Headers,
    pub(crate) begun_at: Timestamp,
}

/// A part of an upload. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub(crate) version: u32,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) e_tag: String,
    pub(crate) modified_at: Timestamp,
}

pub(crate) const BUCKETS: &str = "s3/bucket/";

pub(crate) fn bucket_key(bucket: &str) -> RecordKey {
    RecordKey::new(format!("{BUCKETS}{bucket}"))
}

pub(crate) fn objects_of(bucket: &str) -> String {
    format!("s3/object/{bucket}/")
}

pub(crate) fn object_key(bucket: &str, key: &str) -> RecordKey {
    RecordKey::new(format!("{}{key}", objects_of(bucket)))
}

pub(crate) fn uploads_of(bucket: &str) -> String {
    format!("s3/upload/{bucket}/")
}

pub(crate) fn upload_key(bucket: &str, id: &str) -> RecordKey {
    RecordKey::new(format!("{}{id}", uploads_of(bucket)))
}

pub(crate) fn parts_of(bucket: &str, id: &str) -> String {
    format!("s3/part/{bucket}/{id}/")
}

pub(crate) fn part_key(bucket: &str, id: &str, number: i32) -> RecordKey {
    RecordKey::new(format!("{}{number:05}", parts_of(bucket, id)))
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).expect("text keys and plain values").into()
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> S3Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!(%error, "an S3 record cannot be read");
        s3_error!(InternalError)
    })
}
