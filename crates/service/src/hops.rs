//! To which trace a message belongs, and the hops that services record alike.

use aws::TraceHeader;
use engine::{Enqueue, Hop, HopKind, Link, PayloadForm, SpanId, Timestamp, TraceId};

/// The trace of a message and the hop that sent it: as its header says; a message without one has a trace of its own,
/// told apart by its id, so that nothing has to be kept with it.
pub fn of_message(header: Option<&str>, id: u128, sent_at: Timestamp) -> (TraceId, SpanId) {
    match header.and_then(TraceHeader::ids) {
        Some((trace, parent)) => (TraceId(trace), SpanId(parent)),
        None => (TraceId::begun(sent_at, id), SpanId(0)),
    }
}

/// The header under which what receives a message goes on.
pub fn onward(header: Option<&str>, id: u128, sent_at: Timestamp, span: SpanId) -> TraceHeader {
    let sampled = header.and_then(TraceHeader::parse).is_none_or(|header| header.is_sampled());
    TraceHeader::of(of_message(header, id, sent_at).0.0, span.0, sampled)
}

/// A send into a queue. Whoever has the message's id knows the hop.
pub fn sent(enqueue: &Enqueue, trace: TraceId, parent: SpanId, at: Timestamp) -> Hop {
    let message = &enqueue.message;
    let link = Link { trace, span: SpanId::of(message.id.0) };
    Hop {
        id: message.id.0,
        form: PayloadForm::Headed,
        payload: message.content.clone(),
        ..Hop::new(HopKind::Send, link, parent, at, enqueue.queue.shared())
    }
}
