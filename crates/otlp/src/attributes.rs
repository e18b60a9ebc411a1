//! How spans and the resources they belong to are described: OpenTelemetry's semantic conventions for messaging, functions,
//! HTTP and AWS; what has no name there is named `konekuta.…`.
//!
//! <https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/>

use aws::Arn;
use engine::{Hop, HopKind, HopOutcome};
use uuid::Uuid;

use crate::limits::ATTRIBUTE_LENGTH_MAX;
use crate::messages::{AnyValue, KeyValue, Resource, Value};

fn attribute(key: impl Into<String>, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

/// A text, cut where it is too long.
pub(crate) fn text(key: impl Into<String>, value: &str) -> KeyValue {
    attribute(key, Value::Text(value.chars().take(ATTRIBUTE_LENGTH_MAX).collect()))
}

fn number(key: &str, value: impl Into<i64>) -> KeyValue {
    attribute(key, Value::Number(value.into()))
}

/// The resource of a hop: a function, a queue, a topic, a bucket, instrumented code, or whom something was sent to.
pub(crate) fn resource(hop: &Hop) -> Resource {
    let mut attributes = Vec::new();
    let arn = hop.resource.parse::<Arn>().ok();
    attributes.push(text("service.name", short(hop, arn.as_ref())));
    if let Some(arn) = &arn {
        attributes.push(text("cloud.provider", "aws"));
        let platform = match arn.service() {
            "lambda" => "aws_lambda",
            "sqs" => "aws_sqs",
            "sns" => "aws_sns",
            other => other,
        };
        attributes.push(text("cloud.platform", platform));
        attributes.push(text("cloud.resource_id", arn.as_str()));
        let known = [("cloud.region", arn.region()), ("cloud.account.id", arn.account())];
        attributes.extend(
            known.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| text(key, value)),
        );
        if arn.service() == "lambda" {
            attributes.push(text("faas.name", name_of(arn)));
        }
    }
    Resource { attributes }
}

/// The name of a function, queue, topic or bucket.
fn name_of(arn: &Arn) -> &str {
    match arn.service() {
        "lambda" => arn.resource().split(':').nth(1).unwrap_or(arn.resource()),
        // A subscription belongs to its topic.
        "sns" => arn.resource().split(':').next().unwrap_or_default(),
        _ => arn.resource(),
    }
}

/// What people call the resource.
pub(crate) fn short<'a>(hop: &'a Hop, arn: Option<&'a Arn>) -> &'a str {
    match arn {
        Some(arn) => name_of(arn),
        None if hop.kind == HopKind::Call => hop.resource.split(':').next().unwrap_or_default(),
        None => &hop.resource,
    }
}

/// Of a hop of a queue or topic: AWS's service as OpenTelemetry calls it, what is done, and the kind of it.
pub(crate) fn operation(hop: &Hop) -> Option<(&'static str, &'static str)> {
    match hop.kind {
        HopKind::Send | HopKind::DeadLetter => Some(("send", "publish")),
        HopKind::Publish => Some(("publish", "publish")),
        HopKind::Receive => Some(("receive", "receive")),
        HopKind::Delete => Some(("delete", "settle")),
        HopKind::Return => Some(("return", "settle")),
        HopKind::Invoke if hop.count > 0 => Some(("process", "process")),
        _ => None,
    }
}

/// The attributes of a span.
pub(crate) fn of(hop: &Hop) -> Vec<KeyValue> {
    let arn = hop.resource.parse::<Arn>().ok();
    let mut all = Vec::new();
    if let Some((name, kind)) = operation(hop) {
        all.extend(messaging(hop, arn.as_ref(), name, kind));
    }
    match hop.kind {
        HopKind::Invoke => all.extend(invocation(hop)),
        HopKind::Call => all.extend(call(hop, arn.as_ref())),
        HopKind::Segment => all.extend(segment(hop)),
        _ => {}
    }
    if matches!(hop.outcome, HopOutcome::Failed | HopOutcome::Refused) {
        all.push(text("error.type", hop.note("error").filter(|error| !error.is_empty()).unwrap_or("_OTHER")));
    }
    all.extend(others(hop));
    all
}

fn messaging(hop: &Hop, arn: Option<&Arn>, name: &str, kind: &str) -> Vec<KeyValue> {
    let system = match arn.map(Arn::service) {
        Some("sns") => "aws.sns",
        _ => "aws_sqs",
    };
    let mut all = vec![
        text("messaging.system", system),
        text("messaging.operation.name", name),
        text("messaging.operation.type", kind),
    ];
    if hop.kind == HopKind::Invoke {
        let queue = hop.note("eventSource").and_then(|source| source.rsplit(':').next());
        all.extend(queue.map(|queue| text("messaging.destination.name", queue)));
        if hop.count > 1 {
            all.push(number("messaging.batch.message_count", hop.count));
        }
        return all;
    }
    all.push(text("messaging.destination.name", short(hop, arn)));
    if hop.id != 0 && !matches!(hop.kind, HopKind::Return) {
        all.push(text("messaging.message.id", &Uuid::from_u128(hop.id).to_string()));
    }
    if hop.kind == HopKind::Receive {
        all.push(number("messaging.message.delivery_count", hop.count));
    }
    all
}

fn invocation(hop: &Hop) -> Vec<KeyValue> {
    vec![
        text("faas.invocation_id", &Uuid::from_u128(hop.id).to_string()),
        attribute("faas.coldstart", Value::Truth(hop.note("start") == Some("cold"))),
        text("faas.trigger", if hop.count > 0 { "pubsub" } else { "other" }),
    ]
}

fn call(hop: &Hop, arn: Option<&Arn>) -> Vec<KeyValue> {
    let service = arn.map_or_else(|| short(hop, None), Arn::service);
    let mut all = vec![text("rpc.system", "aws-api"), text("rpc.service", &service.to_uppercase())];
    all.extend(hop.note("action").map(|action| text("rpc.method", action)));
    all.push(text("aws.request_id", &Uuid::from_u128(hop.id).to_string()));
    if hop.count > 0 {
        all.push(number("http.response.status_code", hop.count));
    }
    if let Some(arn) = arn.filter(|arn| arn.service() == "s3") {
        all.push(text("aws.s3.bucket", arn.resource()));
        all.extend(hop.note("key").map(|key| text("aws.s3.key", key)));
    }
    all
}

/// What instrumented code told.
fn segment(hop: &Hop) -> Vec<KeyValue> {
    let known = [
        ("http.request.method", "method"),
        ("url.full", "url"),
        ("user.id", "user"),
        ("rpc.method", "operation"),
        ("aws.xray.origin", "origin"),
        ("aws.xray.namespace", "namespace"),
    ];
    let mut all: Vec<KeyValue> =
        known.into_iter().filter_map(|(key, note)| Some(text(key, hop.note(note)?))).collect();
    if hop.count > 0 {
        all.push(number("http.response.status_code", hop.count));
    }
    all
}

/// Notes that other attributes, the name, the status or events have, and what may be long or secret.
const TOLD: [&str; 16] = [
    "action",
    "caller",
    "error",
    "eventSource",
    "key",
    "log",
    "message",
    "method",
    "name",
    "namespace",
    "operation",
    "origin",
    "start",
    "url",
    "user",
    "answer",
];

fn others(hop: &Hop) -> impl Iterator<Item = KeyValue> {
    hop.notes.iter().filter(|note| !TOLD.contains(&&*note.name)).map(|note| {
        match note.name.strip_prefix("annotation.") {
            // As its author named it.
            Some(key) => text(key, &note.value),
            None => text(format!("konekuta.{}", note.name), &note.value),
        }
    })
}
