//! What becomes of a message, told to the history.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws::TraceHeader;
use engine::{Delivery, Hop, HopKind, HopOutcome, Link, QueueKey, Sent, Settle, SpanId, Timestamp, TraceId};
use service::ports::{MessageAttribute, MessageAttributeValue};
use service::way::HeldBack;
use service::{Context, hops};

use crate::Sqs;
use crate::content::Content;
use crate::message::Prepared;

/// The header that names a message's trace: its own, or its W3C `traceparent` attribute.
/// <https://www.w3.org/TR/trace-context/>
pub(crate) fn header<'a>(
    trace_header: Option<&'a str>,
    attributes: &BTreeMap<String, MessageAttribute>,
) -> Option<Cow<'a, str>> {
    if let Some(header) = trace_header {
        return Some(Cow::Borrowed(header));
    }
    match &attributes.get("traceparent")?.value {
        MessageAttributeValue::Text(text) => {
            TraceHeader::from_traceparent(text).map(|header| Cow::Owned(header.to_string()))
        }
        MessageAttributeValue::Binary(_) => None,
    }
}

impl Sqs {
    /// The hop of a message that is about to be sent; `None` where it is not kept.
    pub(crate) fn sending(&self, context: &Context, prepared: &Prepared) -> Option<Hop> {
        let id = prepared.enqueue.message.id.0;
        let (trace, parent) = prepared.trace.unwrap_or_else(|| (TraceId::begun(context.now, id), SpanId(0)));
        self.engine.keeps(trace).then(|| hops::sent(&prepared.enqueue, trace, parent, context.now))
    }

    /// It was sent, or dropped as a duplicate.
    pub(crate) fn tell_sent(&self, hop: Option<Hop>, sent: Sent) {
        let Some(hop) = hop else { return };
        if sent.duplicate {
            self.engine.record(Hop { outcome: HopOutcome::Skipped, ..hop }.noting("reason", "a duplicate"));
        } else {
            self.engine.record(hop);
        }
    }

    /// A replay ends before it; the sender is answered as if it had been sent.
    pub(crate) fn hold_back(&self, hop: Option<Hop>, prepared: &Prepared, why: HeldBack) -> Sent {
        if let Some(hop) = hop {
            self.engine.record(why.tell(hop));
        }
        Sent { message_id: prepared.enqueue.message.id, sequence_number: None, duplicate: false }
    }

    /// A message was handed out; answers the receive.
    pub(crate) fn tell_received(&self, queue: &QueueKey, delivery: &Delivery, content: &Content) -> Link {
        let header = header(content.trace_header.as_deref(), &content.attributes);
        let (trace, _) = hops::of_message(header.as_deref(), delivery.message_id.0, delivery.sent_at);
        let link = Link { trace, span: SpanId::of_receipt(&delivery.receipt_handle) };
        if self.engine.keeps(trace) {
            let sent = SpanId::of(delivery.message_id.0);
            // The first one's moment is known, and to ask the clock for each message would take as long as the rest.
            let at = if delivery.receive_count == 1 { delivery.first_received_at } else { Timestamp(0) };
            let hop = Hop::new(HopKind::Receive, link, sent, at, queue.shared());
            self.engine.record(Hop { count: delivery.receive_count, id: delivery.message_id.0, ..hop });
        }
        link
    }

    /// A received message was deleted or given back; `receive`: its receive.
    pub(crate) fn tell_settled(&self, queue: &QueueKey, receive: SpanId, settle: Settle) {
        if !self.engine.keeps(TraceId(0)) {
            return;
        }
        let (kind, count) = match settle {
            Settle::Delete => (HopKind::Delete, 0),
            Settle::VisibleIn { seconds } => (HopKind::Return, seconds),
        };
        // A receive is settled once in each way: its span says which.
        let link = Link { trace: TraceId(0), span: SpanId(receive.0 ^ (kind as u64)) };
        self.engine.record(Hop { count, ..Hop::new(kind, link, receive, Timestamp(0), queue.shared()) });
    }
}
