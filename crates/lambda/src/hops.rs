//! What becomes of an invocation, told to the history.

use std::sync::Arc;

use aws::{Arn, TraceHeader};
use engine::{Enqueue, Hop, HopKind, HopOutcome, Link, MessageId, PayloadForm, SpanId, TraceId};
use serde::Deserialize;
use service::ports::QueueRecord;
use service::way::{self, HeldBack};

use crate::Lambda;
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::records::{FunctionRecord, MappingRecord};

/// An invocation under way, if its hops are kept.
pub(crate) struct Telling(Option<Hop>);

/// What a function's error document says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ErrorDocument {
    error_type: String,
    error_message: String,
}

impl Lambda {
    /// An invocation begins: it becomes the parent of all that the function does.
    pub(crate) fn tell_begun(&self, function: &FunctionRecord, invocation: &mut Invocation) -> Telling {
        let now = self.clock.now();
        let header = self.trace_or_new(invocation.trace.take(), now);
        // Lambda decides where nobody has. <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
        let header = if function.tracing_mode == "Active" { header.sampled_unless_said() } else { header };
        let (trace, parent) = TraceHeader::ids(header.as_str()).unwrap_or_default();
        let link = Link { trace: TraceId(trace), span: SpanId::of(self.ids.uuid().as_u128()) };
        invocation.trace = Some(way::beyond(header.with_parent(link.span.0), function.arn.as_str()));
        if !self.engine.keeps(link.trace) {
            return Telling(None);
        }
        let resource = Arc::from(function.arn.as_str());
        let begun = Hop {
            id: invocation.request_id.0.as_u128(),
            count: u32::try_from(invocation.links.len()).unwrap_or(u32::MAX),
            links: invocation.links.clone(),
            ..Hop::new(HopKind::Invoke, link, SpanId(parent), now, resource)
        };
        let begun = match &invocation.event_source {
            Some(queue) => begun.noting("eventSource", queue.as_str()),
            None => begun,
        };
        let payload = invocation.payload.clone();
        self.engine.record(Hop { outcome: HopOutcome::Running, payload: payload.clone(), ..begun.clone() });
        Telling(Some(Hop { payload, ..begun }))
    }

    /// It has ended, or did not come about.
    pub(crate) fn tell_ended(&self, telling: Telling, ended: &Result<Outcome, InvokeError>) {
        let Telling(Some(hop)) = telling else { return };
        let took_us = u64::try_from(self.clock.now().since(hop.at).as_micros()).unwrap_or(u64::MAX);
        let hop = Hop { took_us, ..hop };
        self.engine.record(match ended {
            Ok(outcome) => described(hop, outcome),
            Err(error) => {
                let hop = hop.noting("error", "not invoked").noting("message", error.to_string());
                Hop { outcome: HopOutcome::Refused, ..hop }
            }
        });
    }

    /// An event is in the function's queue, or is held back.
    pub(crate) fn tell_accepted(
        &self,
        function: &FunctionRecord,
        enqueue: &Enqueue,
        trace: &TraceHeader,
        parent: SpanId,
        accepted: Result<(), HeldBack>,
    ) {
        let (trace, _) = TraceHeader::ids(trace.as_str()).unwrap_or_default();
        if self.engine.keeps(TraceId(trace)) {
            let hop = service::hops::sent(enqueue, TraceId(trace), parent, self.clock.now());
            let resource = Arc::from(function.arn.as_str());
            let hop = Hop { form: PayloadForm::Lined, resource, ..hop };
            self.engine.record(way::told(hop, accepted));
        }
    }

    /// The trace and the hop that a header names, if hops of that trace are kept.
    fn kept(&self, trace: Option<&TraceHeader>) -> Option<(TraceId, SpanId)> {
        let (trace, parent) = TraceHeader::ids(trace?.as_str())?;
        self.engine.keeps(TraceId(trace)).then_some((TraceId(trace), SpanId(parent)))
    }

    /// What came of an event goes to a queue or function, or is held back.
    pub(crate) fn tell_handed_on(
        &self,
        function: &FunctionRecord,
        (enqueue, target): (&Enqueue, &Arn),
        trace: Option<&TraceHeader>,
        condition: &'static str,
        went: Result<(), HeldBack>,
    ) {
        let Some((trace, parent)) = self.kept(trace) else { return };
        let hop = service::hops::sent(enqueue, trace, parent, self.clock.now());
        let form = if target.service() == "lambda" { PayloadForm::Lined } else { PayloadForm::Headed };
        let hop = Hop { form, resource: Arc::from(target.as_str()), ..hop };
        let hop = hop.noting("destination", condition).noting("function", function.arn.as_str());
        self.engine.record(way::told(hop, went));
    }

    /// What came of an event is written into a bucket, or is held back.
    pub(crate) fn tell_written(
        &self,
        function: &FunctionRecord,
        (bucket, key): (&Arn, &str),
        trace: Option<&TraceHeader>,
        condition: &'static str,
        went: Result<(), HeldBack>,
    ) {
        let Some((trace, parent)) = self.kept(trace) else { return };
        let link = Link { trace, span: SpanId::of(self.ids.uuid().as_u128()) };
        let resource = Arc::from(bucket.as_str());
        let hop = Hop::new(HopKind::Call, link, parent, self.clock.now(), resource);
        let hop = hop.noting("action", "PutObject").noting("key", key);
        let hop = hop.noting("destination", condition).noting("function", function.arn.as_str());
        self.engine.record(way::told(hop, went));
    }

    /// A message came to the function that a replay does not lead to.
    pub(crate) fn tell_held_back(&self, mapping: &MappingRecord, message: &QueueRecord, why: HeldBack) {
        if self.engine.keeps(message.received.trace) {
            let link = Link { span: SpanId(message.received.span.0.rotate_left(2)), ..message.received };
            let resource = Arc::from(mapping.function.as_str());
            let now = self.clock.now();
            self.engine.record(why.tell(Hop::new(
                HopKind::Invoke,
                link,
                message.received.span,
                now,
                resource,
            )));
        }
    }

    /// An asynchronous event is given up.
    pub(crate) fn tell_given_up(
        &self,
        function: &FunctionRecord,
        event: MessageId,
        trace: Option<&TraceHeader>,
        reason: &str,
    ) {
        if let Some((trace, _)) = self.kept(trace) {
            let link = Link { trace, span: SpanId::of(event.0.rotate_left(1)) };
            let target = function.dead_letter_target.as_deref().unwrap_or_default();
            let hop =
                Hop::new(HopKind::DeadLetter, link, SpanId::of(event.0), self.clock.now(), target.into());
            let hop = hop.noting("from", function.arn.as_str()).noting("reason", reason);
            self.engine.record(Hop { id: event.0, outcome: HopOutcome::Failed, ..hop });
        }
    }

    /// A function failed on a message, which will come back.
    pub(crate) fn tell_failed(
        &self,
        mapping: &MappingRecord,
        message: &QueueRecord,
        reason: &str,
        request_id: u128,
    ) {
        if !self.engine.keeps(message.received.trace) {
            return;
        }
        let receive = message.received.span;
        let link = Link { span: SpanId(receive.0.rotate_left(1)), ..message.received };
        let resource = Arc::from(mapping.queue.as_str());
        let hop = Hop::new(HopKind::Return, link, receive, self.clock.now(), resource);
        let hop = hop.noting("function", mapping.function.as_str()).noting("reason", reason);
        self.engine.record(Hop { id: request_id, outcome: HopOutcome::Failed, ..hop });
    }
}

fn described(hop: Hop, outcome: &Outcome) -> Hop {
    let measured = &outcome.measured;
    let milliseconds = |duration: std::time::Duration| format!("{:.3}", duration.as_secs_f64() * 1000.0);
    let mut hop = hop
        .noting("start", if measured.init.is_some() { "cold" } else { "warm" })
        .noting("durationMs", milliseconds(measured.duration))
        .noting("billedMs", measured.billed_ms.to_string())
        .noting("memoryMb", measured.memory_mb.to_string())
        .noting("memoryUsedMb", measured.memory_used_mb.to_string());
    if let Some(init) = measured.init {
        hop = hop.noting("initMs", milliseconds(init));
    }
    if !outcome.log_tail.is_empty() {
        hop = hop.noting("log", String::from_utf8_lossy(&outcome.log_tail));
    }
    if outcome.function_error.is_some() {
        let document: ErrorDocument = serde_json::from_slice(&outcome.payload).unwrap_or_default();
        hop = hop.noting("error", document.error_type).noting("message", document.error_message);
        hop.outcome = HopOutcome::Failed;
    }
    Hop { answer: outcome.payload.clone(), ..hop }
}

/// Who invoked it, by the first of its messages.
pub(crate) fn shared_trace(messages: &[QueueRecord]) -> Option<TraceHeader> {
    let first = messages.first()?;
    let trace = first.received.trace;
    let shared = messages.iter().all(|message| message.received.trace.unique() == trace.unique());
    let header = || first.attributes.get("AWSTraceHeader").and_then(|text| TraceHeader::parse(text));
    shared.then(|| match header() {
        Some(header) => header.with_parent(first.received.span.0),
        None => TraceHeader::of(trace.0, first.received.span.0, true),
    })
}

/// The receives of a batch's messages.
pub(crate) fn links(messages: &[QueueRecord]) -> Vec<Link> {
    messages.iter().map(|message| message.received).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;

    #[test]
    fn one_trace_is_handed_on_and_several_begin_one() {
        let traced = |trace: u128, span: u64| {
            let received = Link { trace: TraceId(trace), span: SpanId(span) };
            QueueRecord { received, ..message("m", "") }
        };
        let header = shared_trace(&[traced(7 << 96 | 1, 5), traced(8 << 96 | 1, 6)]).unwrap();
        assert_eq!(
            TraceHeader::ids(header.as_str()),
            Some((7 << 96 | 1, 5)),
            "seconds do not tell traces apart"
        );
        assert_eq!(shared_trace(&[traced(1, 5), traced(2, 6)]), None);
        let mut own = traced(7 << 96 | 1, 5);
        let text = "Root=1-00000007-000000000000000000000001;Parent=0000000000000009;Sampled=0;Lineage=x";
        own.attributes.insert("AWSTraceHeader", text.to_owned());
        let header = shared_trace(&[own]).unwrap();
        assert_eq!(header.as_str(), text.replace("09", "05"));
    }
}
