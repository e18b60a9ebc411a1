//! What a target gets: the scheduled event, or what its `Input` says.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>

use aws::timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use crate::firing::Firing;
use crate::records::{Target, Timed};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Event<'a> {
    version: &'static str,
    id: &'a str,
    detail_type: &'static str,
    source: &'static str,
    account: &'a str,
    time: &'a str,
    region: &'a str,
    resources: [&'a str; 1],
    detail: Json,
}

/// `2026-01-31T12:00:00Z`.
fn time(firing: &Firing<'_>) -> String {
    timestamp::iso_milliseconds(firing.due.0 / 1000 * 1000).replace(".000Z", "Z")
}

fn event(firing: &Firing<'_>) -> String {
    let arn = firing.timed.arn();
    // A schedule's detail is a text, a rule's an object.
    let (source, detail) = match firing.timed {
        Timed::Rule(_) => ("aws.events", Json::Object(serde_json::Map::new())),
        Timed::Schedule(_) => ("aws.scheduler", Json::String("{}".to_owned())),
    };
    let event = Event {
        version: "0",
        id: &firing.id.to_string(),
        detail_type: "Scheduled Event",
        source,
        account: arn.account(),
        time: &time(firing),
        region: arn.region(),
        resources: [arn.as_str()],
        detail,
    };
    serde_json::to_string(&event).expect("an event has text keys and no numbers")
}

/// The text for a target.
pub(crate) fn payload(firing: &Firing<'_>, target: &Target) -> String {
    match (&target.input, &target.input_path, firing.timed) {
        (Some(input), _, Timed::Schedule(_)) => with_context(input, firing),
        (Some(input), _, Timed::Rule(_)) => input.clone(),
        (None, Some(path), _) => at_path(&event(firing), path),
        (None, None, _) => event(firing),
    }
}

/// Names of what happens in an `Input` are replaced by it, but the number of the attempt (`delivery.rs`).
fn with_context(input: &str, firing: &Firing<'_>) -> String {
    input
        .replace("<aws.scheduler.schedule-arn>", firing.timed.arn().as_str())
        .replace("<aws.scheduler.scheduled-time>", &time(firing))
        .replace("<aws.scheduler.execution-id>", &firing.id.to_string())
}

/// The part of an event that a path like `$.detail` names; nothing is `null`.
fn at_path(event: &str, path: &str) -> String {
    let event: Json = serde_json::from_str(event).unwrap_or_default();
    let mut names = path.trim_start_matches('$').split('.').filter(|name| !name.is_empty());
    let part = names.try_fold(&event, |part, name| part.get(name));
    part.unwrap_or(&Json::Null).to_string()
}

/// Whether a path is one that is understood: `$`, `$.detail`, `$.detail-type`.
pub(crate) fn is_path(path: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    path == "$" || path.strip_prefix("$.").is_some_and(|names| names.split('.').all(name))
}
