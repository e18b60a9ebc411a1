//! Writes: an object in place of another one, or as a further version; and the delete markers that are written likewise.

use engine::{Change, Expect, Timestamp};
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Result, s3_error};
use service::Context;

use super::{Held, Plan, Standing};
use crate::S3;
use crate::notifications::Happened;
use crate::records::{self, ObjectRecord, VersionRecord, Versioning};
use crate::version_id::{Named, VersionId};

/// What must be true of the object that is there.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    /// There is none.
    pub(crate) absent: bool,
    /// It has this ETag.
    pub(crate) matches: Option<ETagCondition>,
    /// What ends with the write, and must be as it was read.
    pub(crate) ends: Vec<Change>,
}

impl Condition {
    fn check(&self, current: Option<&ObjectRecord>) -> S3Result<()> {
        let failed =
            || s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
        if self.absent && current.is_some() {
            return Err(failed());
        }
        let Some(wanted) = &self.matches else { return Ok(()) };
        let current = current.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        let fits = wanted.is_any() || wanted.as_etag().map(ETag::value) == Some(current.e_tag.as_str());
        if fits { Ok(()) } else { Err(failed()) }
    }
}

impl Standing<'_> {
    /// Without versions: in place of what is there.
    fn replace(&self, object: &ObjectRecord) -> Plan {
        let freed = self.current.iter().map(|current| current.record.blob.clone()).collect();
        Plan { changes: vec![self.same_bucket(), self.current(Some(object))], freed, ..Plan::default() }
    }

    /// With versions: a further one. The null version goes before it, if there was one before versions were kept, and
    /// makes room for it while versioning is suspended.
    pub(super) fn add(&self, object: Option<ObjectRecord>, now: Timestamp, unique: u64) -> (Plan, VersionId) {
        let mut plan = Plan { changes: vec![self.same_bucket()], ..Plan::default() };
        let newest = self.newest.as_ref().map(|newest| &newest.record);
        let mut null_at = newest.and_then(|newest| newest.null_at);
        let mut sequence = newest.map_or(1, |newest| newest.id.sequence + 1);
        let enabled = self.bucket.record.versioning == Versioning::Enabled;
        if enabled {
            if let Some(unlisted) = self.unlisted() {
                null_at = Some(sequence);
                let (id, at) = (VersionId { sequence, unique: None }, unlisted.record.modified_at);
                plan.changes.push(self.list(id, null_at, at, Some(unlisted.record.clone())));
                sequence += 1;
            }
        } else {
            self.drop_null(&mut plan);
            null_at = Some(sequence);
        }
        let id = VersionId { sequence, unique: enabled.then_some(unique) };
        let object = object.map(|object| ObjectRecord { version_id: Some(id), ..object });
        plan.changes.push(self.current(object.as_ref()));
        plan.changes.push(self.list(id, null_at, now, object));
        (plan, id)
    }

    fn list(
        &self,
        id: VersionId,
        null_at: Option<u64>,
        modified_at: Timestamp,
        object: Option<ObjectRecord>,
    ) -> Change {
        let object = object.map(|object| ObjectRecord { version_id: Some(id), ..object });
        let record = VersionRecord { version: 1, id, null_at, modified_at, object };
        let key = records::version_key(self.bucket_name(), self.key, id.sequence);
        Change::Put(key, records::encode(&record), Expect::Absent)
    }

    /// Removes the null version, whether a version record tells of it or not.
    fn drop_null(&self, plan: &mut Plan) {
        if let Some(unlisted) = self.unlisted() {
            plan.freed.push(unlisted.record.blob.clone());
        }
        if let Some(Held { record, revision }) = &self.named {
            let key = records::version_key(self.bucket_name(), self.key, record.id.sequence);
            plan.changes.push(Change::Delete(key, Expect::Revision(*revision)));
            plan.freed.extend(record.object.iter().map(|object| object.blob.clone()));
        }
    }
}

impl S3 {
    /// Stores an object, of which its bucket tells by this event. Answers which version it is, where versions are kept. If
    /// it is refused, its blob is let go of.
    pub(crate) async fn put_object(
        &self,
        bucket: &str,
        key: &str,
        object: &ObjectRecord,
        condition: &Condition,
        told: Option<(&Context, &'static str)>,
    ) -> S3Result<Option<VersionId>> {
        let unique = self.ids.uuid().as_u64_pair().1;
        let put = self.change((bucket, key), Named::Null, told.map(|(context, _)| context), |standing| {
            condition.check(standing.current.as_ref().map(|current| &current.record))?;
            let (mut plan, id) = if standing.bucket.record.versioning == Versioning::Never {
                (standing.replace(object), None)
            } else {
                let (plan, id) = standing.add(Some(object.clone()), object.modified_at, unique);
                (plan, Some(id))
            };
            plan.beside.clone_from(&condition.ends);
            plan.happened = told.map(|(_, event)| Happened::created(event, key, object, id));
            Ok((plan, id))
        });
        let put = put.await;
        // After a failure of the disk nobody knows whether the record is there, which then needs its blob.
        if put.as_ref().is_err_and(|error| *error.code() != s3s::S3ErrorCode::InternalError) {
            self.forget_blob(&object.blob).await;
        }
        put
    }
}
