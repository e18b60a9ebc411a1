//! What a segment document must have, and how one that has not is refused: by a code of AWS, beside the others of a call.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>

use engine::Timestamp;
use serde_json::Value as Json;

use super::Document;
use crate::limits::{CLOCK_SKEW_MAX, DOCUMENT_BYTES_MAX, NAME_LENGTH_MAX, TRACE_AGE_MAX};

/// The code of what is right and has nowhere to go; none of AWS's.
pub(crate) const HISTORY_IS_OFF: &str = "HistoryIsOff";

/// A document that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) id: Option<String>,
    pub(crate) code: &'static str,
    /// Whether a subsegment within it is wrong.
    pub(crate) below: bool,
}

impl Rejected {
    /// AWS's text.
    pub(crate) fn message(&self) -> String {
        if self.code == HISTORY_IS_OFF {
            return "Konekuta keeps no segments: it runs with --history off".to_owned();
        }
        let what = if self.below { "subsegment" } else { "segment" };
        format!("Invalid {what}. ErrorCode: {}", self.code)
    }
}

/// Reads a document and checks it.
pub(crate) fn parse(text: &str, now: Timestamp) -> Result<Document, Rejected> {
    let rejected = |id: Option<&str>, code| Rejected { id: id.map(str::to_owned), code, below: false };
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(rejected(None, "SizeLimitExceeded"));
    }
    let json: Json = serde_json::from_str(text).map_err(|_| rejected(None, "ParseError"))?;
    let id = json.get("id").and_then(Json::as_str);
    if json.is_array() {
        return Err(rejected(None, "MissingId"));
    }
    let document = Document::deserialize_from(&json).ok_or_else(|| rejected(id, "ParseError"))?;
    of_segment(&document, now).map_err(|code| rejected(id, code))?;
    for subsegment in document.below() {
        all_below(subsegment).map_err(|code| Rejected { below: true, ..rejected(id, code) })?;
    }
    Ok(document)
}

impl Document {
    fn deserialize_from(json: &Json) -> Option<Self> {
        serde::Deserialize::deserialize(json).ok()
    }
}

type Code = &'static str;

fn of_segment(document: &Document, now: Timestamp) -> Result<(), Code> {
    of_any(document)?;
    let trace = document.trace_id.as_deref().ok_or("MissingTraceId")?;
    let begun = aws::parse_trace_id(trace).ok_or("InvalidTraceId")? >> 96;
    let begun = u64::try_from(begun).map_err(|_| "InvalidTraceId")?.saturating_mul(1000);
    if Timestamp(begun).plus(TRACE_AGE_MAX) < now || Timestamp(begun) > now.plus(CLOCK_SKEW_MAX) {
        return Err("InvalidTraceId");
    }
    if seconds(now.plus(CLOCK_SKEW_MAX)) < document.start() {
        return Err("InvalidStartTime");
    }
    match document.kind.as_deref() {
        Some("subsegment") if document.parent_id.is_none() => Err("MissingParentId"),
        None | Some("subsegment") => Ok(()),
        Some(_) => Err("InvalidType"),
    }
}

fn all_below(document: &Document) -> Result<(), Code> {
    of_any(document)?;
    document.below().iter().try_for_each(all_below)
}

fn of_any(document: &Document) -> Result<(), Code> {
    if !is_id(document.id.as_deref().ok_or("MissingId")?) {
        return Err("InvalidId");
    }
    if !is_name(document.name.as_deref().ok_or("MissingName")?) {
        return Err("InvalidName");
    }
    if document.parent_id.as_deref().is_some_and(|parent| !is_id(parent)) {
        return Err("InvalidParentId");
    }
    let start = document.start_time.ok_or("MissingStartTime")?;
    if !(start.is_finite() && start > 0.0) {
        return Err("InvalidStartTime");
    }
    match document.end_time {
        None if !document.is_in_progress() => Err("MissingEndTime"),
        Some(end) if !(end.is_finite() && end > 0.0) => Err("InvalidEndTime"),
        _ => Ok(()),
    }
}

/// 64 bits in 16 hexadecimal digits, not all zero.
fn is_id(text: &str) -> bool {
    text.len() == 16
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}

/// Letters, numbers and whitespace of any script, and `_.:/%&#=+\-@`.
fn is_name(text: &str) -> bool {
    let allowed = |character: char| {
        character.is_alphanumeric() || character.is_whitespace() || "_.:/%&#=+\\-@".contains(character)
    };
    !text.is_empty() && text.chars().count() <= NAME_LENGTH_MAX && text.chars().all(allowed)
}

fn seconds(moment: Timestamp) -> f64 {
    std::time::Duration::from_millis(moment.0).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn whole() -> Json {
        json!({"name": "a b", "id": "70de5b6f19ff9a0a", "trace_id": "1-6b49d200-a006649127e371903a2de979",
            "start_time": 1_800_000_000.5, "end_time": 1_800_000_001.0})
    }

    fn code(change: impl FnOnce(&mut Json)) -> Option<&'static str> {
        let mut json = whole();
        change(&mut json);
        parse(&json.to_string(), NOW).err().map(|rejected| rejected.code)
    }

    #[test]
    fn a_document_has_a_name_an_id_a_trace_and_its_times() {
        assert_eq!(code(|_| {}), None);
        for (member, missing) in [
            ("name", "MissingName"),
            ("id", "MissingId"),
            ("trace_id", "MissingTraceId"),
            ("start_time", "MissingStartTime"),
            ("end_time", "MissingEndTime"),
        ] {
            assert_eq!(code(|json| drop(json.as_object_mut().unwrap().remove(member))), Some(missing));
        }
        let unfinished = |json: &mut Json| {
            json["in_progress"] = true.into();
            json["end_time"] = Json::Null;
        };
        assert_eq!(code(unfinished), None);
    }

    #[test]
    fn what_is_wrong_has_a_code_of_its_own() {
        for (member, value, wrong) in [
            ("name", json!("a*"), "InvalidName"),
            ("name", json!("x".repeat(201)), "InvalidName"),
            ("id", json!("70de5b6f19ff9a0"), "InvalidId"),
            ("parent_id", json!("x"), "InvalidParentId"),
            ("trace_id", json!("1-1-2"), "InvalidTraceId"),
            ("trace_id", json!("1-58406520-a006649127e371903a2de979"), "InvalidTraceId"),
            ("start_time", json!(2e9), "InvalidStartTime"),
            ("start_time", json!("soon"), "ParseError"),
            ("type", json!("subsegment"), "MissingParentId"),
            ("http", json!("x"), "ParseError"),
        ] {
            assert_eq!(code(|json| json[member] = value.clone()), Some(wrong), "{member} {value}");
        }
        assert_eq!(parse("[]", NOW).unwrap_err().message(), "Invalid segment. ErrorCode: MissingId");
        assert_eq!(parse("{", NOW).unwrap_err().code, "ParseError");
        let long = json!({"name": "a", "metadata": "x".repeat(DOCUMENT_BYTES_MAX)}).to_string();
        assert_eq!(parse(&long, NOW).unwrap_err().code, "SizeLimitExceeded");
    }

    #[test]
    fn a_subsegment_within_is_checked_too() {
        let mut json = whole();
        json["subsegments"] = json!([{"name": "s", "id": "x", "start_time": 1.0, "end_time": 2.0}]);
        let rejected = parse(&json.to_string(), NOW).unwrap_err();
        assert_eq!(rejected.message(), "Invalid subsegment. ErrorCode: InvalidId");
        assert_eq!(rejected.id.as_deref(), Some("70de5b6f19ff9a0a"));
    }
}
