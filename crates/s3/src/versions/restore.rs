//! What has become of an object since a call dealt with it, and making the version of then current again.
//!
//! A restore is a copy of that version onto its key, as people do it at AWS; nothing that is there is lost. Nobody is
//! told of it (docs/decisions/0022).

use s3s::{S3ErrorCode, S3Result};
use service::ports::{NotRestorable, ObjectSince, ObjectThen};

use super::Condition;
use crate::records::{ObjectRecord, Versioning};
use crate::version_id::{NULL, Named};
use crate::{S3, limits};

impl S3 {
    pub(crate) async fn since(&self, then: ObjectThen) -> S3Result<ObjectSince> {
        let (bucket, _) = match self.bucket(&then.bucket).await {
            Err(error) if *error.code() == S3ErrorCode::NoSuchBucket => {
                let hindrance = Some(NotRestorable::NoBucket);
                return Ok(ObjectSince { e_tag: None, version_id: None, then: None, hindrance });
            }
            found => found?,
        };
        let now = match self.object(&then.bucket, &then.key).await {
            Err(error) if *error.code() == S3ErrorCode::NoSuchKey => None,
            found => Some(found?),
        };
        let kept = self.version_of_then(&then).await?;
        let hindrance = match bucket.versioning {
            Versioning::Never => Some(NotRestorable::NoVersions),
            _ if kept.is_none() => Some(NotRestorable::VersionGone),
            Versioning::Suspended if self.has_other_null(&then).await => Some(NotRestorable::WouldLose),
            _ => None,
        };
        let (e_tag, version_id) = now.map(|now| (now.object.e_tag, now.version_id)).unzip();
        Ok(ObjectSince { e_tag, version_id: version_id.flatten(), then: kept, hindrance })
    }

    /// Whether there is a null version with another content, which would make room for a copy.
    async fn has_other_null(&self, then: &ObjectThen) -> bool {
        let null = self.version_or_object(&then.bucket, &then.key, Some(NULL)).await;
        null.is_ok_and(|null| null.object.e_tag != then.e_tag)
    }

    /// The version that is named, if it still has that content; else the newest one that has.
    async fn version_of_then(&self, then: &ObjectThen) -> S3Result<Option<String>> {
        let named = then.version_id.as_deref();
        let named = named.filter(|version| Named::parse(version).is_ok());
        if let Some(named) = named {
            let found = self.version_or_object(&then.bucket, &then.key, Some(named)).await;
            if found.is_ok_and(|found| found.object.e_tag == then.e_tag) {
                return Ok(Some(named.to_owned()));
            }
        }
        let fits = |object: &ObjectRecord| object.e_tag == then.e_tag;
        let kept = self.newest(&then.bucket, &then.key, limits::VERSIONS_LOOKED_AT_MAX).await?;
        let found = kept.iter().find(|version| version.record.object.as_ref().is_some_and(fits));
        Ok(found.map(|found| found.record.id.text()))
    }

    /// Copies a version onto its key. Answers the copy's version.
    pub(crate) async fn restore(&self, bucket: &str, key: &str, version: &str) -> S3Result<String> {
        let (from, content) = self.open_object((bucket, key, Some(version)), |_| Ok(None)).await?;
        let (from, blob) = (from.object, self.store_blob(content).await?);
        let object = ObjectRecord { blob, modified_at: self.clock.now(), ..from };
        let version = self.put_object(bucket, key, &object, &Condition::default(), None).await?;
        Ok(version.map_or_else(|| NULL.to_owned(), |version| version.text()))
    }
}
