//! `ReplayPolicy`: from when to when.

use engine::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::ServiceError;

use crate::archive;
use crate::errors;
use crate::records::TopicRecord;

/// The attribute.
pub(crate) const POLICY: &str = "ReplayPolicy";

/// The messages that are replayed, by when they were published; both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) to: Option<Timestamp>,
}

impl Window {
    pub(crate) fn contains(&self, moment: Timestamp) -> bool {
        self.from <= moment && self.to.is_none_or(|to| moment <= to)
    }

    /// Whether nothing that is published from now on belongs to it.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.to.is_some_and(|to| to < now)
    }
}

fn invalid(reason: &str) -> ServiceError {
    errors::invalid(&format!("{POLICY}: {reason}"))
}

/// Whether a value ends a replay.
pub(crate) fn is_off(value: &str) -> bool {
    matches!(value.trim(), "" | "{}")
}

/// Reads a policy and checks it against a topic's archive.
pub(crate) fn parse(value: &str, topic: &TopicRecord, now: Timestamp) -> Result<Window, ServiceError> {
    let document: Json = serde_json::from_str(value).map_err(|_| invalid("failed to parse JSON"))?;
    let members = document.as_object().ok_or_else(|| invalid("must be a JSON object"))?;
    let known = |name: &&String| ["PointType", "StartingPoint", "EndingPoint"].contains(&name.as_str());
    if let Some(name) = members.keys().find(|name| !known(name)) {
        return Err(invalid(&format!("Attribute {name} is unknown.")));
    }
    if document["PointType"] != "Timestamp" {
        return Err(invalid("PointType must be Timestamp"));
    }
    let from = moment(&document, "StartingPoint")?.ok_or_else(|| invalid("StartingPoint is missing"))?;
    let to = moment(&document, "EndingPoint")?;
    let beginning =
        archive::policy::beginning(topic, now).ok_or_else(|| invalid("the topic has no ArchivePolicy"))?;
    if from < beginning {
        return Err(invalid("StartingPoint must not be earlier than BeginningArchiveTime"));
    }
    if from > now {
        return Err(invalid("StartingPoint must not be in the future"));
    }
    if to.is_some_and(|to| to <= from) {
        return Err(invalid("EndingPoint must be later than StartingPoint"));
    }
    Ok(Window { from, to })
}

fn moment(document: &Json, name: &str) -> Result<Option<Timestamp>, ServiceError> {
    let wrong = || invalid(&format!("{name} must be a timestamp in ISO 8601 format"));
    match document.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => {
            aws::timestamp::parse_iso(text).map(|moment| Some(Timestamp(moment))).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}
