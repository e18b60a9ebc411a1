//! A document as hops: the segment with its text as payload, and each subsegment within it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use engine::{Hop, HopKind, HopOutcome, Link, Note, SpanId, Timestamp, TraceId};
use serde_json::Value as Json;

use super::Document;
use crate::limits::{NOTE_LENGTH_MAX, NOTES_MAX, SUBSEGMENTS_TOLD_MAX};

/// The hops of a checked document.
pub(crate) fn hops(document: &Document, text: &str) -> Vec<Hop> {
    let trace = document.trace_id.as_deref().and_then(aws::parse_trace_id).unwrap_or_default();
    let parent = document.parent_id.as_deref().map_or(SpanId(0), span);
    let mut hops = Vec::new();
    add(&mut hops, document, TraceId(trace), parent);
    if let Some(first) = hops.first_mut() {
        first.payload = Bytes::copy_from_slice(text.as_bytes());
    }
    hops
}

/// An id's number; 0 for what is none.
pub(crate) fn span(id: &str) -> SpanId {
    SpanId(u64::from_str_radix(id, 16).unwrap_or_default())
}

fn add(hops: &mut Vec<Hop>, document: &Document, trace: TraceId, parent: SpanId) {
    if hops.len() > SUBSEGMENTS_TOLD_MAX {
        return;
    }
    let hop = hop(document, trace, parent);
    let own = hop.span;
    hops.push(hop);
    for subsegment in document.below() {
        add(hops, subsegment, trace, own);
    }
}

fn hop(document: &Document, trace: TraceId, parent: SpanId) -> Hop {
    let link = Link { trace, span: span(document.id()) };
    let resource = document.resource_arn.as_deref().unwrap_or_else(|| document.name());
    let at = Timestamp(milliseconds(document.start()));
    let outcome = match document {
        document if document.is_in_progress() => HopOutcome::Running,
        document if document.is_fault() => HopOutcome::Failed,
        document if document.is_error() => HopOutcome::Refused,
        _ => HopOutcome::Ok,
    };
    Hop {
        outcome,
        took_us: milliseconds((document.end() - document.start()) * 1000.0),
        count: document.status().unwrap_or_default().into(),
        notes: notes(document),
        ..Hop::new(HopKind::Segment, link, parent, at, Arc::from(resource))
    }
}

/// Seconds as milliseconds, or milliseconds as microseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

/// What people see of it, and by what it is found.
fn notes(document: &Document) -> Vec<Note> {
    let request = document.request();
    let exception = document.exceptions().last();
    let texts = [
        ("name", document.name.as_deref()),
        ("namespace", document.namespace.as_deref()),
        ("origin", document.origin.as_deref()),
        ("operation", document.aws_text("operation")),
        ("method", request.and_then(|request| request.method.as_deref())),
        ("url", request.and_then(|request| request.url.as_deref())),
        ("user", document.user.as_deref()),
        ("error", exception.and_then(|exception| exception.kind.as_deref())),
        ("message", exception.and_then(|exception| exception.message.as_deref())),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some(note(name, text?)));
    let annotations = document.annotations.iter().flatten().take(NOTES_MAX).filter_map(|(key, value)| {
        let value = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            _ => return None,
        };
        Some(note(format!("annotation.{key}"), &value))
    });
    texts.chain(annotations).collect()
}

fn note(name: impl Into<Cow<'static, str>>, value: &str) -> Note {
    Note { name: name.into(), value: value.chars().take(NOTE_LENGTH_MAX).collect::<String>().into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_segment_and_what_is_within_are_hops_below_each_other() {
        let text = json!({
            "name": "shop", "id": "000000000000000a", "parent_id": "0000000000000009",
            "trace_id": "1-6b49d200-a006649127e371903a2de979", "start_time": 1_800_000_000.25, "end_time": 1_800_000_001.0,
            "annotations": {"order": "o-1", "n": 7, "deep": {}}, "http": {"response": {"status": 500}}, "fault": true,
            "subsegments": [{"name": "pay", "id": "000000000000000b", "start_time": 1_800_000_000.5, "in_progress": true}],
        })
        .to_string();
        let told = hops(&serde_json::from_str(&text).unwrap(), &text);
        let [segment, below] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(
            (segment.parent, segment.span, below.parent, below.span),
            (SpanId(9), SpanId(10), SpanId(10), SpanId(11))
        );
        assert_eq!(
            (segment.at, segment.took_us, segment.count),
            (Timestamp(1_800_000_000_250), 750_000, 500)
        );
        assert_eq!((segment.outcome, below.outcome), (HopOutcome::Failed, HopOutcome::Running));
        assert_eq!(
            (segment.note("annotation.order"), segment.note("annotation.n")),
            (Some("o-1"), Some("7"))
        );
        assert_eq!((segment.note("annotation.deep"), &segment.payload[..]), (None, text.as_bytes()));
        assert!(below.payload.is_empty());
    }
}
