//! The objects that a step read, and whether they are still what they were.

use engine::{HopKind, HopOutcome};
use serde::Serialize;
use service::ServiceError;
use service::ports::PortError;

use crate::Journeys;
use crate::gather::Gathered;
use crate::steps::Step;

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
    /// The objects that a function read in a journey; none for other steps.
    pub(crate) async fn read_objects(
        &self,
        gathered: &Gathered,
        step: &Step,
    ) -> Result<Vec<ReadObject>, ServiceError> {
        let Step::Function(function) = step else { return Ok(Vec::new()) };
        let invocations: Vec<_> = gathered
            .hops
            .values()
            .filter(|kept| kept.hop.kind == HopKind::Invoke && *kept.hop.resource == *function.as_str())
            .map(|kept| (kept.hop.trace.unique(), kept.hop.span))
            .collect();
        let mut objects: Vec<ReadObject> = Vec::new();
        for kept in gathered.hops.values() {
            let hop = &kept.hop;
            let by_it = invocations.contains(&(hop.trace.unique(), hop.parent));
            let read = hop.kind == HopKind::Call
                && hop.note("action") == Some("GetObject")
                && hop.outcome == HopOutcome::Ok;
            let (Some(key), Some(e_tag)) = (hop.note("key"), hop.note("eTag")) else { continue };
            let bucket = hop.resource.trim_start_matches("arn:aws:s3:::");
            let known = objects.iter().any(|object| object.bucket == bucket && object.key == key);
            if by_it && read && !known {
                objects.push(self.read_object(bucket, key, e_tag).await?);
            }
        }
        objects.sort_by(|left, right| (&left.bucket, &left.key).cmp(&(&right.bucket, &right.key)));
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
