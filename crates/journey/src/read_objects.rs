//! The objects that a step read, and whether they are still what they were.

use std::collections::{BTreeMap, HashSet};

use engine::{HopKind, HopOutcome, KeptHop};
use serde::Serialize;
use service::ServiceError;
use service::ports::PortError;

use crate::gather::{Gathered, Name, name};
use crate::limits::OBJECTS_MAX;
use crate::{Journeys, tree};

/// An object that a step read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadObject {
    bucket: String,
    key: String,
    /// As it was read.
    e_tag: String,
    /// As it is; absent if there is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag_now: Option<String>,
    /// `unchanged`, `changed`, `gone`.
    state: &'static str,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    restore: Option<&'static str>,
}

/// Buckets keep no versions yet.
const NO_VERSIONS: &str = "not possible: the bucket keeps no versions";

impl Journeys {
    /// The objects that were read by what these hops brought about, but for those that it had written itself: it will
    /// write them again.
    pub(crate) async fn read_objects(
        &self,
        gathered: &Gathered,
        origins: &[KeptHop],
    ) -> Result<Vec<ReadObject>, ServiceError> {
        let mut below: HashSet<Name> = origins.iter().map(name).collect();
        let mut calls = Vec::new();
        for placed in tree::place(gathered) {
            // An earlier replay is not what happened then.
            if placed.kept.hop.kind == HopKind::Start
                || !placed.parent.is_some_and(|above| below.contains(&above))
            {
                continue;
            }
            below.insert(name(&placed.kept));
            if placed.kept.hop.kind == HopKind::Call && placed.kept.hop.outcome == HopOutcome::Ok {
                calls.push(placed.kept);
            }
        }
        calls.sort_by_key(|kept| (kept.hop.at, kept.position));
        let mut written: HashSet<(&str, &str)> = HashSet::new();
        let mut read: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        for kept in &calls {
            let hop = &kept.hop;
            let bucket = hop.resource.trim_start_matches("arn:aws:s3:::");
            let (Some(action), Some(key)) = (hop.note("action"), hop.note("key")) else { continue };
            match (action, hop.note("eTag")) {
                ("GetObject", Some(e_tag)) if !written.contains(&(bucket, key)) => {
                    read.insert((bucket, key), e_tag);
                }
                ("PutObject" | "CopyObject" | "CompleteMultipartUpload", _) => {
                    written.insert((bucket, key));
                }
                _ => {}
            }
        }
        let mut objects = Vec::new();
        for ((bucket, key), e_tag) in read.into_iter().take(OBJECTS_MAX) {
            objects.push(self.read_object(bucket, key, e_tag).await?);
        }
        Ok(objects)
    }

    async fn read_object(&self, bucket: &str, key: &str, e_tag: &str) -> Result<ReadObject, ServiceError> {
        let now = match self.ports.objects()?.e_tag(bucket.to_owned(), key.to_owned()).await {
            Ok(now) => Some(now),
            Err(PortError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let state = match &now {
            Some(now) if now == e_tag => "unchanged",
            Some(_) => "changed",
            None => "gone",
        };
        Ok(ReadObject {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            e_tag: e_tag.to_owned(),
            e_tag_now: now,
            state,
            restore: (state != "unchanged").then_some(NO_VERSIONS),
        })
    }
}
