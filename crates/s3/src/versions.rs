//! Objects and their versions: how a key stands, and the changes that a write or a removal comes to. Each is one change
//! of the registry, all or nothing.
//!
//! A key's current object lies under a name of its own, so that reading and listing see nothing of older versions and
//! delete markers. Once its bucket keeps versions, every version (the current one too) lies beside it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>

mod find;
mod open;
mod put;
mod remove;
mod restore;
mod tag;

#[cfg(test)]
mod tests;

use engine::{BlobId, Change, Error, Expect, Record, RecordKey, Refusal};
use s3s::{S3Result, s3_error};
use serde::de::DeserializeOwned;
use service::Context;

pub(crate) use find::Found;
pub(crate) use put::Condition;
pub(crate) use remove::Removed;

use crate::notifications::Happened;
use crate::records::{self, BucketRecord, ObjectRecord, VersionRecord};
use crate::store::failed;
use crate::version_id::Named;
use crate::{S3, limits};

/// A record as it was read.
struct Held<T> {
    record: T,
    revision: u64,
}

/// A key as it stands.
struct Standing<'a> {
    key: &'a str,
    bucket: Held<BucketRecord>,
    current: Option<Held<ObjectRecord>>,
    newest: Option<Held<VersionRecord>>,
    /// The version before the newest one.
    before: Option<Held<VersionRecord>>,
    /// The version that the change is about, if there is a record of it.
    named: Option<Held<VersionRecord>>,
}

/// What a change comes to.
#[derive(Default)]
struct Plan {
    changes: Vec<Change>,
    /// Changes of something else that happen with it; if they cannot be made, deciding anew does not help.
    beside: Vec<Change>,
    /// Blobs that nothing names any more, once it is made.
    freed: Vec<BlobId>,
    /// What the bucket tells of then.
    happened: Option<Happened>,
}

impl<T: DeserializeOwned> Held<T> {
    fn of(found: &Record) -> S3Result<Self> {
        Ok(Self { record: records::decode(&found.value)?, revision: found.revision })
    }

    fn expect(held: Option<&Self>) -> Expect {
        held.map_or(Expect::Absent, |held| Expect::Revision(held.revision))
    }
}

impl Standing<'_> {
    fn bucket_name(&self) -> &str {
        &self.bucket.record.name
    }

    /// The bucket is as it was read.
    fn same_bucket(&self) -> Change {
        Change::Check(records::bucket_key(self.bucket_name()), Expect::Revision(self.bucket.revision))
    }

    /// The current object, if it is the null version and no version record tells of it.
    fn unlisted(&self) -> Option<&Held<ObjectRecord>> {
        self.current.as_ref().filter(|current| current.record.version_id.is_none())
    }

    /// Makes an object the current one, or none.
    fn current(&self, object: Option<&ObjectRecord>) -> Change {
        let key = records::object_key(self.bucket_name(), self.key);
        let expect = Held::expect(self.current.as_ref());
        match object {
            Some(object) => Change::Put(key, records::encode(object), expect),
            None => Change::Delete(key, expect),
        }
    }
}

impl S3 {
    /// The current object of a key.
    async fn current(&self, bucket: &str, key: &str) -> S3Result<Option<Held<ObjectRecord>>> {
        let found = self.engine.get(&records::object_key(bucket, key)).await;
        found.map_err(|error| failed(&error))?.as_ref().map(Held::of).transpose()
    }

    async fn version(&self, bucket: &str, key: &str, sequence: u64) -> S3Result<Option<Held<VersionRecord>>> {
        let found = self.engine.get(&records::version_key(bucket, key, sequence)).await;
        found.map_err(|error| failed(&error))?.as_ref().map(Held::of).transpose()
    }

    /// The newest versions of a key, at most so many.
    async fn newest(&self, bucket: &str, key: &str, limit: usize) -> S3Result<Vec<Held<VersionRecord>>> {
        let found = self.engine.list(&records::versions_of(bucket, key), None, limit).await;
        found.map_err(|error| failed(&error))?.iter().map(Held::of).collect()
    }

    /// The record of a version, where `newest` is its key's newest.
    async fn named(
        &self,
        (bucket, key): (&str, &str),
        newest: Option<&Held<VersionRecord>>,
        named: Named,
    ) -> S3Result<Option<Held<VersionRecord>>> {
        let (sequence, unique) = match named {
            Named::Version(id) => (Some(id.sequence), id.unique),
            Named::Null => (newest.and_then(|newest| newest.record.null_at), None),
        };
        let Some(sequence) = sequence else { return Ok(None) };
        let found = self.version(bucket, key, sequence).await?;
        Ok(found.filter(|found| found.record.id.unique == unique))
    }

    async fn standing<'a>(&self, bucket: &str, key: &'a str, named: Named) -> S3Result<Standing<'a>> {
        let (record, revision) = self.bucket(bucket).await?;
        let current = self.current(bucket, key).await?;
        let mut newest = self.newest(bucket, key, 2).await?.into_iter();
        let (newest, before) = (newest.next(), newest.next());
        let named = self.named((bucket, key), newest.as_ref(), named).await?;
        Ok(Standing { key, bucket: Held { record, revision }, current, newest, before, named })
    }

    /// Makes the change that a key's standing asks for; anew, where another one of the key came in between. The
    /// bucket tells of it on behalf of `told`, if anybody.
    async fn change<T>(
        &self,
        (bucket, key): (&str, &str),
        named: Named,
        told: Option<&Context>,
        plan: impl Fn(&Standing<'_>) -> S3Result<(Plan, T)>,
    ) -> S3Result<T> {
        for _ in 0..limits::CHANGE_TRIES_MAX {
            let standing = self.standing(bucket, key, named).await?;
            let (Plan { mut changes, beside, freed, happened }, outcome) = plan(&standing)?;
            let events = match told.zip(happened) {
                Some((context, happened)) => self.events(context, &standing.bucket.record, &happened)?,
                None => Vec::new(),
            };
            let named: Vec<RecordKey> = beside.iter().map(|change| change.key().clone()).collect();
            let count = events.len();
            changes.extend(beside.into_iter().chain(events));
            match self.engine.change(changes).await {
                Ok(()) => {
                    self.events_wait(count);
                    for blob in &freed {
                        self.forget_blob(blob).await;
                    }
                    return Ok(outcome);
                }
                Err(Error::Refused(Refusal::RecordChanged(key))) if named.contains(&key) => break,
                Err(Error::Refused(Refusal::RecordChanged(_))) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(s3_error!(
            OperationAborted,
            "A conflicting conditional operation is currently in progress against this resource. Please try again."
        ))
    }
}
