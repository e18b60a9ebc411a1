//! Objects and versions as they are asked for.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RetrievingObjectVersions.html>

use http::header::LAST_MODIFIED;
use http::{HeaderMap, HeaderValue};
use s3s::dto::TimestampFormat;
use s3s::{S3Error, S3Result, s3_error};

use crate::operations::moment;
use crate::records::{BucketRecord, ObjectRecord, VersionRecord, Versioning};
use crate::store::slow_down;
use crate::version_id::{NULL, Named, VersionId};
use crate::{S3, limits};

/// An object, and which version it is as clients are told.
pub(crate) struct Found {
    pub(crate) object: ObjectRecord,
    /// `None` where the bucket never kept versions.
    pub(crate) version_id: Option<String>,
}

impl Found {
    pub(super) fn of(bucket: &BucketRecord, object: ObjectRecord) -> Self {
        let text = || object.version_id.map_or_else(|| NULL.to_owned(), |id| id.text());
        Self { version_id: (bucket.versioning != Versioning::Never).then(text), object }
    }
}

impl S3 {
    /// The current object of a key.
    pub(crate) async fn object(&self, bucket: &str, key: &str) -> S3Result<Found> {
        let (record, _) = self.bucket(bucket).await?;
        if let Some(current) = self.current(bucket, key).await? {
            return Ok(Found::of(&record, current.record));
        }
        let newest = self.newest(bucket, key, 1).await?.into_iter().next();
        let marker = newest.filter(|newest| newest.record.object.is_none());
        Err(marker.map_or_else(no_such_key, |marker| behind(&marker.record)))
    }

    /// The newest versions of a key, at most so many.
    pub(crate) async fn versions(
        &self,
        bucket: &str,
        key: &str,
        limit: usize,
    ) -> S3Result<Vec<VersionRecord>> {
        let current = self.current(bucket, key).await?;
        if let Some(unlisted) = current.filter(|current| current.record.version_id.is_none()) {
            return Ok(vec![VersionRecord::of_unlisted(unlisted.record)]);
        }
        let newest = self.newest(bucket, key, limit).await?;
        Ok(newest.into_iter().map(|held| held.record).collect())
    }

    /// A version, or the current object.
    pub(crate) async fn version_or_object(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> S3Result<Found> {
        let Some(text) = version else { return self.object(bucket, key).await };
        let named = Named::parse(text)?;
        let mut newest = None;
        for _ in 0..limits::READ_TRIES_MAX {
            let standing = self.standing(bucket, key, named).await?;
            if let Some(unlisted) = standing.unlisted().filter(|_| named == Named::Null) {
                return Ok(Found::of(&standing.bucket.record, unlisted.record.clone()));
            }
            if let Some(version) = standing.named {
                return match version.record.object {
                    Some(object) => Ok(Found::of(&standing.bucket.record, object)),
                    None => Err(is_marker(&version.record)),
                };
            }
            // Another null version may just have taken this one's place, under another name.
            let now = Some(standing.newest.map(|newest| newest.revision));
            if named != Named::Null || newest == now {
                return Err(no_such_version());
            }
            newest = now;
        }
        Err(slow_down())
    }
}

pub(super) fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

pub(crate) fn no_such_version() -> S3Error {
    s3_error!(NoSuchVersion, "The specified version does not exist.")
}

/// The object is behind a delete marker.
fn behind(marker: &VersionRecord) -> S3Error {
    let mut error = no_such_key();
    error.set_headers(marker_headers(&marker.id));
    error
}

/// The version is a delete marker, of which nothing can be got.
pub(super) fn is_marker(marker: &VersionRecord) -> S3Error {
    let mut error = s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.");
    let mut headers = marker_headers(&marker.id);
    let mut at = Vec::new();
    if moment(marker.modified_at).format(TimestampFormat::HttpDate, &mut at).is_ok() {
        headers.extend(HeaderValue::from_bytes(&at).map(|at| (LAST_MODIFIED, at)));
    }
    headers.insert(http::header::ALLOW, HeaderValue::from_static("DELETE"));
    error.set_headers(headers);
    error
}

fn marker_headers(id: &VersionId) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    headers.extend(HeaderValue::from_str(&id.text()).map(|id| (VERSION_ID, id)));
    headers
}

const VERSION_ID: http::HeaderName = http::HeaderName::from_static("x-amz-version-id");
