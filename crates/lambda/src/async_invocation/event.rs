//! How an event is written into a function's queue: one line of JSON, then the event as it came.
//!
//! The message's id is the invocation's request id.

use aws::{RequestId, TraceHeader};
use bytes::Bytes;
use engine::{Enqueue, MessageId, NewMessage, SpanId};
use serde::{Deserialize, Serialize};
use service::way;

use crate::records::FunctionRecord;

/// What goes before the event.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Head {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    qualifier: Option<String>,
}

/// An event as it waits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StoredEvent {
    /// The trace it belongs to.
    pub(crate) trace: Option<TraceHeader>,
    /// The version or alias that was called.
    pub(crate) qualifier: Option<String>,
    /// The event document.
    pub(crate) payload: Bytes,
}

impl StoredEvent {
    /// The header of what comes of the event beside the function's own doings.
    pub(super) fn header_of_what_follows(
        &self,
        function: &FunctionRecord,
        request_id: RequestId,
    ) -> Option<TraceHeader> {
        let span = SpanId::of(request_id.0.as_u128());
        let header = self.trace.as_ref()?.with_parent(span.0);
        Some(way::beyond(header, function.arn.as_str()))
    }
}

/// The send that makes an asynchronous invocation.
pub(crate) fn enqueue(function: &FunctionRecord, request_id: RequestId, event: &StoredEvent) -> Enqueue {
    let head =
        Head { trace: event.trace.as_ref().map(TraceHeader::to_string), qualifier: event.qualifier.clone() };
    let mut content = serde_json::to_vec(&head).expect("a text is JSON");
    content.push(b'\n');
    content.extend_from_slice(&event.payload);
    let message = NewMessage {
        id: MessageId(request_id.0.as_u128()),
        content: content.into(),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    };
    Enqueue { queue: function.event_queue(), message }
}

/// Reads what `enqueue` wrote; `None` if it is something else.
pub(super) fn read(content: &Bytes) -> Option<StoredEvent> {
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&content[..end]).ok()?;
    let trace = head.trace.as_deref().and_then(TraceHeader::parse);
    Some(StoredEvent { trace, qualifier: head.qualifier, payload: content.slice(end + 1..) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let trace = TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Sampled=1").unwrap();
        let payload = Bytes::from_static(b"{\"a\":\n\"b\"}");
        let request_id = RequestId(uuid::Uuid::from_u128(7));
        let event = StoredEvent { trace: Some(trace), qualifier: Some("live".to_owned()), payload };
        let enqueue = enqueue(&record("f"), request_id, &event);
        assert_eq!(enqueue.message.id, MessageId(7));
        assert!(!enqueue.queue.as_str().starts_with("arn:aws:sqs"));
        assert_eq!(read(&enqueue.message.content), Some(event));
        let first = read(&Bytes::from_static(b"{}\n1")).unwrap();
        assert_eq!((first.qualifier, first.payload), (None, Bytes::from_static(b"1")), "of the first format");
        assert_eq!(read(&Bytes::from_static(b"junk")), None);
    }
}
