//! Other tags for an object or a version, which stays what it is otherwise.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>

use std::collections::BTreeMap;

use engine::{Change, Expect};
use s3s::S3Result;
use service::Context;

use super::find::{Found, is_marker, no_such_key, no_such_version};
use super::{Held, Plan, Standing};
use crate::S3;
use crate::notifications::Happened;
use crate::records::{self, ObjectRecord, VersionRecord};
use crate::version_id::Named;

impl Standing<'_> {
    /// The version that is meant, or the current object: as its version's record has it, where there is one.
    fn meant(&self, named: Option<Named>) -> S3Result<(&ObjectRecord, Option<&Held<VersionRecord>>)> {
        let listed = match named {
            None | Some(Named::Null) if self.unlisted().is_some() => None,
            None => Some(self.newest.as_ref().ok_or_else(no_such_key)?),
            Some(_) => Some(self.named.as_ref().ok_or_else(no_such_version)?),
        };
        let object = match (listed, &self.current) {
            (Some(version), _) => version.record.object.as_ref().ok_or_else(|| is_marker(&version.record))?,
            (None, Some(current)) => &current.record,
            (None, None) => return Err(no_such_key()),
        };
        Ok((object, listed))
    }

    fn retag(&self, named: Option<Named>, tags: &BTreeMap<String, String>) -> S3Result<(Plan, ObjectRecord)> {
        let (object, listed) = self.meant(named)?;
        let mut object = object.clone();
        object.attributes.tags.clone_from(tags);
        let mut plan = Plan { changes: vec![self.same_bucket()], ..Plan::default() };
        let current = self.current.as_ref().map(|current| current.record.version_id);
        if current == Some(object.version_id) {
            plan.changes.push(self.current(Some(&object)));
        }
        if let Some(Held { record, revision }) = listed {
            let key = records::version_key(self.bucket_name(), self.key, record.id.sequence);
            let record = VersionRecord { object: Some(object.clone()), ..record.clone() };
            plan.changes.push(Change::Put(key, records::encode(&record), Expect::Revision(*revision)));
        }
        Ok((plan, object))
    }
}

impl S3 {
    /// Gives an object, or a version of it, these tags and no others; its bucket tells of it. Answers which version it is,
    /// as clients are told.
    pub(crate) async fn tag(
        &self,
        (bucket, key, version): (&str, &str, Option<&str>),
        tags: &BTreeMap<String, String>,
        (context, event): (&Context, &'static str),
    ) -> S3Result<Option<String>> {
        let named = version.map(Named::parse).transpose()?;
        let tagged = self.change((bucket, key), named.unwrap_or(Named::Null), Some(context), |standing| {
            let (mut plan, object) = standing.retag(named, tags)?;
            let version_id = object.version_id.and_then(|id| id.told());
            let e_tag = Some(object.e_tag.clone());
            plan.happened = Some(Happened { event, key: key.to_owned(), size: None, e_tag, version_id });
            Ok((plan, Found::of(&standing.bucket.record, object).version_id))
        });
        tagged.await
    }
}
