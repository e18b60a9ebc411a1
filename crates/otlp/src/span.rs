//! A hop as a span: its place in its trace, its kind, how it went, and what it is linked to.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{Hop, HopKind, HopOutcome, SpanId, TraceId};

use crate::attributes::{self, short, text};
use crate::messages::{
    Event, ExportTraceServiceRequest, InstrumentationScope, Link, Resource, ResourceSpans, ScopeSpans, Span,
    SpanKind, Status, StatusCode,
};

/// Whether a hop is a span: while it goes on it is none, and will be told again.
pub(crate) fn is_told(hop: &Hop) -> bool {
    hop.outcome != HopOutcome::Running && hop.trace != TraceId(0) && hop.span != SpanId(0)
}

fn of(hop: &Hop) -> Span {
    let start = hop.at.0.saturating_mul(1_000_000);
    let end = start.saturating_add(hop.took_us.saturating_mul(1_000));
    Span {
        trace_id: trace_bytes(hop.trace),
        span_id: span_bytes(hop.span),
        parent_span_id: if hop.parent == SpanId(0) { Vec::new() } else { span_bytes(hop.parent) },
        name: name(hop),
        kind: kind(hop).into(),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes: attributes::of(hop),
        events: exception(hop, end).into_iter().collect(),
        links: hop.links.iter().map(link).collect(),
        status: status(hop),
    }
}

fn trace_bytes(trace: TraceId) -> Vec<u8> {
    trace.0.to_be_bytes().to_vec()
}

fn span_bytes(span: SpanId) -> Vec<u8> {
    span.0.to_be_bytes().to_vec()
}

fn link(link: &engine::Link) -> Link {
    Link { trace_id: trace_bytes(link.trace), span_id: span_bytes(link.span) }
}

/// What is done, and to which queue, topic or function.
fn name(hop: &Hop) -> String {
    let arn = hop.resource.parse::<Arn>().ok();
    let resource = short(hop, arn.as_ref());
    let note = |name: &str| hop.note(name).unwrap_or_default();
    match hop.kind {
        HopKind::Call => {
            let service = arn.as_ref().map_or(resource, Arn::service);
            format!("{}.{}", service.to_uppercase(), note("action"))
        }
        HopKind::Segment => note("name").to_owned(),
        HopKind::Filter => format!("filter {resource}"),
        HopKind::DeadLetter => format!("dead letter {resource}"),
        HopKind::Deliver => format!("deliver {}", note("protocol")),
        HopKind::Start => format!("{} {resource}", note("action")),
        HopKind::Invoke if hop.count == 0 => format!("invoke {resource}"),
        _ => match attributes::operation(hop) {
            Some((operation, _)) => format!("{operation} {resource}"),
            None => resource.to_owned(),
        },
    }
}

fn kind(hop: &Hop) -> SpanKind {
    match hop.kind {
        HopKind::Send | HopKind::Publish | HopKind::DeadLetter => SpanKind::Producer,
        HopKind::Receive => SpanKind::Consumer,
        HopKind::Invoke if hop.count > 0 => SpanKind::Consumer,
        HopKind::Invoke | HopKind::Call => SpanKind::Server,
        HopKind::Delete | HopKind::Return | HopKind::Deliver => SpanKind::Client,
        HopKind::Segment if hop.note("namespace").is_some() => SpanKind::Client,
        HopKind::Segment if hop.note("method").is_some() => SpanKind::Server,
        HopKind::Segment | HopKind::Filter | HopKind::Start => SpanKind::Internal,
    }
}

fn status(hop: &Hop) -> Option<Status> {
    let failed = matches!(hop.outcome, HopOutcome::Failed | HopOutcome::Refused);
    let message = hop.note("message").or_else(|| hop.note("reason")).unwrap_or_default();
    failed.then(|| Status { message: message.to_owned(), code: StatusCode::Error.into() })
}

/// <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>
fn exception(hop: &Hop, at: u64) -> Option<Event> {
    let message = hop.note("message").filter(|_| hop.outcome == HopOutcome::Failed)?;
    let kind = hop.note("error").unwrap_or_default();
    let attributes = vec![text("exception.type", kind), text("exception.message", message)];
    Some(Event { time_unix_nano: at, name: "exception".to_owned(), attributes })
}

/// Hops as one request, by resource.
pub(crate) fn request(hops: &[Hop]) -> ExportTraceServiceRequest {
    let mut by_resource: BTreeMap<Resource, Vec<Span>> = BTreeMap::new();
    for hop in hops {
        by_resource.entry(attributes::resource(hop)).or_default().push(of(hop));
    }
    let scope = || InstrumentationScope {
        name: "konekuta".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let of_resource = |(resource, spans)| ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![ScopeSpans { scope: Some(scope()), spans }],
    };
    ExportTraceServiceRequest { resource_spans: by_resource.into_iter().map(of_resource).collect() }
}
