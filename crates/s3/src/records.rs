//! What S3 keeps in the registry.

use std::collections::BTreeMap;

use bytes::Bytes;
use engine::{BlobId, RecordKey, Timestamp};
use s3s::{S3Result, s3_error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::notifications::Target;
use crate::version_id::VersionId;

/// Whether a bucket keeps versions.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// It never did.
    #[default]
    Never,
    /// Each write adds a version.
    Enabled,
    /// It did: what is there stays, and each write replaces the null version.
    Suspended,
}

/// A bucket. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) created_at: Timestamp,
    pub(crate) notifications: Vec<Target>,
    #[serde(default)]
    pub(crate) versioning: Versioning,
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
    /// As HTTP writes dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) website_redirect_location: Option<String>,
}

/// How an object is to be kept, as a client says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    /// `None`: `STANDARD`.
    pub(crate) storage_class: Option<String>,
    /// `None`: with S3's own keys.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Attributes {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Encryption with a key of KMS, as it was asked for. Nothing is encrypted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    /// `aws:kms` or `aws:kms:dsse`.
    pub(crate) algorithm: String,
    pub(crate) key_id: String,
    pub(crate) context: Option<String>,
    pub(crate) bucket_key: bool,
}

/// What a checksum of an object is a checksum of.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChecksumKind {
    /// Of its content.
    #[default]
    FullObject,
    /// Of its parts' checksums.
    Composite,
}

impl ChecksumKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// As AWS calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// A part that an object was uploaded in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectPart {
    pub(crate) number: i32,
    pub(crate) size: u64,
    /// By the names of their headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) checksums: BTreeMap<String, String>,
}

/// The current object of a key; none while that is a delete marker. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    pub(crate) version: u32,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) e_tag: String,
    pub(crate) modified_at: Timestamp,
    pub(crate) headers: Headers,
    /// Checksums that were given, or the usual one, by the names of their headers.
    pub(crate) checksums: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "ChecksumKind::is_default")]
    pub(crate) checksum_kind: ChecksumKind,
    #[serde(default, skip_serializing_if = "Attributes::is_default")]
    pub(crate) attributes: Attributes,
    /// None, if it was uploaded in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<ObjectPart>,
    /// Which version it is; `None`: the null version, of which there is no `VersionRecord`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<VersionId>,
}

/// A version of a key, the current one too. There is none before the first write into a bucket that keeps versions.
/// Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionRecord {
    pub(crate) version: u32,
    pub(crate) id: VersionId,
    /// The sequence of the key's null version when this one came. The newest version of a key knows where the null
    /// version is, if there still is one.
    pub(crate) null_at: Option<u64>,
    pub(crate) modified_at: Timestamp,
    /// `None`: a delete marker.
    pub(crate) object: Option<ObjectRecord>,
}

/// A multipart upload. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) version: u32,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) headers: Headers,
    pub(crate) begun_at: Timestamp,
    #[serde(default, skip_serializing_if = "Attributes::is_default")]
    pub(crate) attributes: Attributes,
    /// The checksum that was asked for; without, the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checksum: Option<UploadChecksum>,
}

/// The checksum of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadChecksum {
    /// In small letters.
    pub(crate) algorithm: String,
    pub(crate) kind: ChecksumKind,
}

/// A part of an upload. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub(crate) version: u32,
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    pub(crate) e_tag: String,
    pub(crate) modified_at: Timestamp,
    /// By the names of their headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) checksums: BTreeMap<String, String>,
}

impl VersionRecord {
    /// Of a null version that has no record: it is the only one of its key.
    pub(crate) fn of_unlisted(object: ObjectRecord) -> Self {
        let id = VersionId { sequence: 0, unique: None };
        Self { version: 1, id, null_at: None, modified_at: object.modified_at, object: Some(object) }
    }
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

pub(crate) fn versions_in(bucket: &str) -> String {
    format!("s3/version/{bucket}/")
}

/// What the names of all versions of a key begin with. NUL is doubled up, so that they are in the order of keys.
pub(crate) fn versions_of(bucket: &str, key: &str) -> String {
    format!("{}\0\0", versions_beginning_with(bucket, key))
}

/// What the names of all versions begin with whose keys begin with `prefix`.
pub(crate) fn versions_beginning_with(bucket: &str, prefix: &str) -> String {
    format!("{}{}", versions_in(bucket), prefix.replace('\0', "\0\u{1}"))
}

/// Newest first: in the order of names.
pub(crate) fn version_key(bucket: &str, key: &str, sequence: u64) -> RecordKey {
    RecordKey::new(format!("{}{:016x}", versions_of(bucket, key), u64::MAX - sequence))
}

/// The object's key in the name of a version.
pub(crate) fn key_of_version(bucket: &str, name: &RecordKey) -> String {
    let escaped = name.as_str().strip_prefix(&versions_in(bucket)).unwrap_or_default();
    escaped.rsplit_once("\0\0").map_or(escaped, |(key, _)| key).replace("\0\u{1}", "\0")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_on_the_page_of_formats_is_read() {
        let page = include_str!("../../../docs/formats/registry.md");
        let (_, section) = page.split_once("\nA version:\n\n```json\n").unwrap();
        let (document, _) = section.split_once("```").unwrap();
        let version: VersionRecord = decode(document.as_bytes()).unwrap();
        assert_eq!((version.id.sequence, version.null_at), (2, Some(1)));
        assert_eq!(version.object.and_then(|object| object.version_id), Some(version.id));
    }

    #[test]
    fn names_of_versions_are_in_the_order_of_keys_and_the_newest_first() {
        let keys = ["a", "a\0", "a\0\0b", "a\0\u{1}", "a\u{1}", "a/", "ab"];
        let names: Vec<_> =
            keys.iter().flat_map(|key| [9, 1].map(|sequence| version_key("b", key, sequence))).collect();
        assert!(names.is_sorted(), "{names:?}");
        for (name, key) in names.iter().zip(keys.iter().flat_map(|key| [key, key])) {
            assert_eq!(key_of_version("b", name), *key);
            assert!(name.as_str().starts_with(&versions_beginning_with("b", key)));
        }
    }
}
