//! Journeys and hops as they are told: JSON, in the names of `docs/api/openapi.yaml`.

use std::collections::BTreeMap;

use engine::{HopKind, HopOutcome, KeptHop, Link, SpanId, TraceId};
use serde::Serialize;
use uuid::Uuid;

use crate::outcome::{self, Standing};
use crate::tree::Placed;

/// A journey.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Journey {
    #[serde(rename = "journey")]
    pub(crate) summary: Summary,
    pub(crate) hops: Vec<Hop>,
}

/// A journey in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) id: String,
    pub(crate) outcome: Standing,
    pub(crate) started_at: u64,
    pub(crate) took_ms: u64,
    pub(crate) title: String,
    pub(crate) hop_count: usize,
    pub(crate) error_count: usize,
    pub(crate) resources: Vec<String>,
    pub(crate) traces: Vec<String>,
    pub(crate) cut_short: bool,
}

/// A hop of a journey.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hop {
    pub(crate) id: String,
    pub(crate) trace_id: String,
    pub(crate) span: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    pub(crate) depth: usize,
    pub(crate) kind: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) title: String,
    pub(crate) at: u64,
    pub(crate) start_ms: u64,
    pub(crate) took_ms: f64,
    pub(crate) resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waited_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<LinkView>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) notes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<Content>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Content>,
}

/// A hop of another trace.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkView {
    trace_id: String,
    span: String,
}

/// Where a payload is read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Content {
    bytes: u32,
    href: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

pub(crate) fn span_text(span: SpanId) -> String {
    format!("{:016x}", span.0)
}

pub(crate) fn trace_text(trace: TraceId) -> String {
    aws::trace_id(trace.0)
}

pub(crate) fn kind_text(kind: HopKind) -> &'static str {
    match kind {
        HopKind::Call => "call",
        HopKind::Publish => "publish",
        HopKind::Filter => "filter",
        HopKind::Send => "send",
        HopKind::Receive => "receive",
        HopKind::Delete => "delete",
        HopKind::Return => "return",
        HopKind::DeadLetter => "deadLetter",
        HopKind::Invoke => "invoke",
        HopKind::Deliver => "deliver",
        HopKind::Segment => "segment",
        HopKind::Start => "start",
    }
}

fn outcome_text(outcome: HopOutcome) -> &'static str {
    match outcome {
        HopOutcome::Ok => "ok",
        HopOutcome::Running => "running",
        HopOutcome::Skipped => "skipped",
        HopOutcome::Refused => "refused",
        HopOutcome::Failed => "failed",
    }
}

/// The last part of a resource's name: `service01` of `arn:aws:lambda:…:function:service01`.
pub(crate) fn short(resource: &str) -> &str {
    if !resource.starts_with("arn:") {
        return resource;
    }
    resource.rsplit(':').next().unwrap_or(resource)
}

/// A hop in a line.
fn title(kept: &KeptHop) -> String {
    let hop = &kept.hop;
    let name = short(&hop.resource);
    let note = |name: &str| hop.note(name).unwrap_or_default();
    match hop.kind {
        HopKind::Call if hop.note("key").is_some() => {
            format!("{} s3://{name}/{}", note("action"), note("key"))
        }
        HopKind::Call | HopKind::Start => format!("{} {name}", note("action")),
        HopKind::Publish => format!("publish to {name}"),
        HopKind::Filter => format!("not wanted by {}", short(note("endpoint"))),
        HopKind::Send => format!("send to {name}"),
        HopKind::Receive if hop.count > 1 => format!("receive {} from {name}", hop.count),
        HopKind::Receive => format!("receive from {name}"),
        HopKind::Delete => format!("delete from {name}"),
        HopKind::Return if hop.outcome == HopOutcome::Failed => format!("comes back to {name}"),
        HopKind::Return => format!("visible in {name} in {} s", hop.count),
        HopKind::DeadLetter if name.is_empty() && hop.note("endpoint").is_some() => {
            format!("given up: {} was not reached", short(note("endpoint")))
        }
        HopKind::DeadLetter if name.is_empty() => "given up".to_owned(),
        HopKind::DeadLetter => format!("dead letter to {name}"),
        HopKind::Invoke if hop.count > 1 => format!("{name} runs for {} messages", hop.count),
        HopKind::Invoke => format!("{name} runs"),
        HopKind::Deliver => format!("{} to {name}", note("protocol")),
        HopKind::Segment => note("name").to_owned(),
    }
}

impl Hop {
    /// A hop by itself.
    pub(crate) fn of(kept: &KeptHop, started_at: u64) -> Self {
        let hop = &kept.hop;
        let id = (hop.id != 0).then(|| Uuid::from_u128(hop.id).to_string());
        let is_request =
            matches!(hop.kind, HopKind::Call | HopKind::Invoke | HopKind::Start | HopKind::Return);
        let content = |bytes: u32, part: &str| {
            (bytes > 0)
                .then(|| Content { bytes, href: format!("/_konekuta/api/hops/{}/{part}", kept.position) })
        };
        let link = |link: &Link| LinkView { trace_id: trace_text(link.trace), span: span_text(link.span) };
        Self {
            id: kept.position.to_string(),
            trace_id: trace_text(hop.trace),
            span: span_text(hop.span),
            parent: (hop.parent != SpanId(0)).then(|| span_text(hop.parent)),
            depth: 0,
            kind: kind_text(hop.kind),
            outcome: outcome_text(hop.outcome),
            title: title(kept),
            at: hop.at.0,
            start_ms: hop.at.0.saturating_sub(started_at),
            took_ms: std::time::Duration::from_micros(hop.took_us).as_secs_f64() * 1000.0,
            resource: hop.resource.to_string(),
            message_id: id.clone().filter(|_| !is_request),
            request_id: id.filter(|_| is_request),
            count: hop.count,
            waited_ms: None,
            links: hop.links.iter().map(link).collect(),
            notes: hop.notes.iter().map(|note| (note.name.to_string(), note.value.to_string())).collect(),
            payload: content(kept.payload_bytes, "payload"),
            answer: content(kept.answer_bytes, "answer"),
        }
    }

    fn placed(placed: &Placed, started_at: u64) -> Self {
        Self {
            depth: placed.depth,
            waited_ms: placed.waited_ms,
            parent: placed.parent.map(|(_, span)| span_text(span)),
            ..Self::of(&placed.kept, started_at)
        }
    }
}

impl Journey {
    /// From hops in order; `None` without any.
    pub(crate) fn of(trace: TraceId, placed: &[Placed], cut_short: bool) -> Option<Self> {
        let summary = Summary::of(trace, placed, cut_short)?;
        let hops = placed.iter().map(|placed| Hop::placed(placed, summary.started_at)).collect();
        Some(Self { summary, hops })
    }
}

impl Summary {
    pub(crate) fn of(trace: TraceId, placed: &[Placed], cut_short: bool) -> Option<Self> {
        let first = placed.iter().min_by_key(|placed| (placed.kept.hop.at, placed.depth))?;
        let started_at = first.kept.hop.at.0;
        let end = |placed: &Placed| placed.kept.hop.at.0 + placed.kept.hop.took_us / 1000;
        let ended_at = placed.iter().map(end).max().unwrap_or(started_at);
        let mut resources: Vec<String> =
            placed.iter().map(|placed| placed.kept.hop.resource.to_string()).collect();
        resources.sort_unstable();
        resources.dedup();
        let mut traces: Vec<String> = placed.iter().map(|placed| trace_text(placed.kept.hop.trace)).collect();
        traces.sort_unstable();
        traces.dedup();
        let is_error =
            |placed: &&Placed| matches!(placed.kept.hop.outcome, HopOutcome::Failed | HopOutcome::Refused);
        let id = placed.iter().find(|placed| placed.kept.hop.trace.unique() == trace.unique());
        Some(Self {
            id: trace_text(id.map_or(trace, |placed| placed.kept.hop.trace)),
            outcome: outcome::of(placed),
            started_at,
            took_ms: ended_at - started_at,
            title: title(&first.kept),
            hop_count: placed.len(),
            error_count: placed.iter().filter(is_error).count(),
            resources,
            traces,
            cut_short,
        })
    }
}
