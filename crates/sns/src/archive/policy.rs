//! `ArchivePolicy`: for how many days messages are kept, and since when.

use engine::Timestamp;
use serde_json::Value as Json;
use service::ServiceError;

use crate::records::TopicRecord;
use crate::{errors, limits};

/// The attribute.
pub(crate) const POLICY: &str = "ArchivePolicy";
/// Under this name a topic keeps since when it has an archive, milliseconds since 1970; it is not shown.
pub(crate) const SINCE: &str = "konekuta:archived-since";
const MEMBER: &str = "MessageRetentionPeriod";
const DAY_SECONDS: u32 = 86_400;

/// Whether a value switches the archive off.
pub(crate) fn is_off(value: &str) -> bool {
    matches!(value.trim(), "" | "{}")
}

/// Checks a policy as `SetTopicAttributes` takes it.
pub(crate) fn check(value: &str) -> Result<(), ServiceError> {
    if is_off(value) { Ok(()) } else { days(value).map(|_| ()) }
}

/// Days as a text or a number.
fn days(value: &str) -> Result<u32, ServiceError> {
    let wrong = || {
        errors::invalid(&format!(
            "ArchivePolicy: {MEMBER} must be an integer between 1 and {}",
            limits::ARCHIVE_DAYS_MAX
        ))
    };
    let document: Json =
        serde_json::from_str(value).map_err(|_| errors::invalid("ArchivePolicy: failed to parse JSON"))?;
    let members = document.as_object().ok_or_else(wrong)?;
    if let Some(name) = members.keys().find(|name| *name != MEMBER) {
        return Err(errors::invalid(&format!("ArchivePolicy: Attribute {name} is unknown.")));
    }
    let given = match members.get(MEMBER) {
        Some(Json::String(text)) => text.parse().ok(),
        Some(Json::Number(number)) => number.as_u64().and_then(|days| u32::try_from(days).ok()),
        _ => None,
    };
    given.filter(|days| (1..=limits::ARCHIVE_DAYS_MAX).contains(days)).ok_or_else(wrong)
}

/// Keeps since when a topic has an archive, once it has a policy.
pub(crate) fn note(topic: &mut TopicRecord, now: Timestamp) {
    if topic.attributes.get(POLICY).is_some_and(|value| is_off(value)) {
        topic.attributes.remove(POLICY);
    }
    if topic.attributes.contains_key(POLICY) {
        topic.attributes.entry(SINCE.to_owned()).or_insert_with(|| now.0.to_string());
    } else {
        topic.attributes.remove(SINCE);
    }
}

/// The earliest moment whose messages may be replayed; `None` for topics without an archive.
pub(crate) fn beginning(topic: &TopicRecord, now: Timestamp) -> Option<Timestamp> {
    let days = days(topic.attributes.get(POLICY)?).ok()?;
    let since = topic.attributes.get(SINCE).and_then(|text| text.parse().ok()).unwrap_or_default();
    let kept = now.minus_seconds(days.saturating_mul(DAY_SECONDS)).unwrap_or_default();
    Some(kept.max(Timestamp(since)))
}
