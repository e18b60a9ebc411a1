//! Removals: of an object, which leaves a delete marker where versions are kept; of a version, which is gone then.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>

use engine::{Change, Expect};
use s3s::S3Result;
use service::Context;

use super::{Held, Plan, Standing};
use crate::S3;
use crate::notifications::Happened;
use crate::records::{self, VersionRecord, Versioning};
use crate::version_id::{Named, VersionId};

/// What was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// There was nothing.
    Nothing,
    /// An object, for good.
    Object,
    /// A delete marker, for good.
    Marker,
    /// An object, behind a delete marker.
    Behind(VersionId),
}

impl Standing<'_> {
    /// The current object, where no versions are kept, or if it is a null version of which no record tells.
    fn remove_unlisted(&self) -> (Plan, Removed) {
        let Some(current) = &self.current else { return (Plan::default(), Removed::Nothing) };
        let changes = vec![self.same_bucket(), self.current(None)];
        (Plan { changes, freed: vec![current.record.blob.clone()], ..Plan::default() }, Removed::Object)
    }

    /// A version. If it was the newest one, the one before it is current again.
    fn remove(&self, version: &Held<VersionRecord>) -> (Plan, Removed) {
        let key = |sequence| records::version_key(self.bucket_name(), self.key, sequence);
        let same = |held: &Held<VersionRecord>| {
            Change::Check(key(held.record.id.sequence), Expect::Revision(held.revision))
        };
        let sequence = version.record.id.sequence;
        let removal = Change::Delete(key(sequence), Expect::Revision(version.revision));
        let mut changes = vec![self.same_bucket(), removal];
        let newest = self.newest.as_ref().filter(|newest| newest.record.id.sequence != sequence);
        if let Some(newest) = newest {
            changes.push(same(newest));
        } else {
            changes.push(Change::Check(key(sequence + 1), Expect::Absent));
            changes.extend(self.before.as_ref().map(same));
            let before = self.before.as_ref().and_then(|before| before.record.object.as_ref());
            changes.push(self.current(before));
        }
        let freed = version.record.object.iter().map(|object| object.blob.clone()).collect();
        let removed = if version.record.object.is_some() { Removed::Object } else { Removed::Marker };
        (Plan { changes, freed, ..Plan::default() }, removed)
    }
}

impl Removed {
    /// What the bucket tells of, if a key, or a version of it, was asked to be removed.
    fn happened(self, key: &str, asked: Named) -> Option<Happened> {
        let (event, version_id) = match self {
            Self::Nothing => return None,
            Self::Object | Self::Marker => ("ObjectRemoved:Delete", asked.told()),
            Self::Behind(marker) => ("ObjectRemoved:DeleteMarkerCreated", marker.told()),
        };
        Some(Happened { event, key: key.to_owned(), size: None, e_tag: None, version_id })
    }
}

impl S3 {
    /// Removes an object, or puts a delete marker before it.
    pub(crate) async fn remove_object(
        &self,
        bucket: &str,
        key: &str,
        told: Option<&Context>,
    ) -> S3Result<Removed> {
        let (now, unique) = (self.clock.now(), self.ids.uuid().as_u64_pair().1);
        let removal = self.change((bucket, key), Named::Null, told, |standing| {
            let (mut plan, removed) = if standing.bucket.record.versioning == Versioning::Never {
                standing.remove_unlisted()
            } else {
                let (plan, marker) = standing.add(None, now, unique);
                (plan, Removed::Behind(marker))
            };
            plan.happened = removed.happened(key, Named::Null);
            Ok((plan, removed))
        });
        removal.await
    }

    /// Removes a version.
    pub(crate) async fn remove_version(
        &self,
        bucket: &str,
        key: &str,
        version: Named,
        told: Option<&Context>,
    ) -> S3Result<Removed> {
        let removal = self.change((bucket, key), version, told, |standing| {
            let (mut plan, removed) = match &standing.named {
                Some(version) => standing.remove(version),
                None if version == Named::Null && standing.unlisted().is_some() => standing.remove_unlisted(),
                None => (Plan::default(), Removed::Nothing),
            };
            plan.happened = removed.happened(key, version);
            Ok((plan, removed))
        });
        removal.await
    }
}
