//! A live tail: what is added to some log groups, told once a second as an event stream.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::Clock;
use futures_util::{Stream, stream};
use serde_json::{Value as Json, json};
use service::events;
use tokio::sync::OwnedSemaphorePermit;

use crate::filter_pattern::FilterPattern;
use crate::groups::Group;
use crate::limits::{LIVE_TAIL_EVENTS_MAX, LIVE_TAIL_MS_MAX};
use crate::store::{Event, Streams};

const UPDATE_EVERY: Duration = Duration::from_secs(1);

/// What is watched.
pub(crate) struct LiveTail {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) groups: Vec<Watched>,
    pub(crate) streams: Streams,
    pub(crate) pattern: FilterPattern,
    /// Its place among the tails at once.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// A group and the number of the next event to show.
pub(crate) struct Watched {
    pub(crate) group: Arc<Group>,
    pub(crate) identifier: String,
    pub(crate) next: u64,
}

enum Step {
    Opening,
    Started,
    Ended,
}

impl LiveTail {
    /// The frames of the answer: a beginning, then an update every second.
    pub(crate) fn frames(self, start: &Json) -> impl Stream<Item = Bytes> + Send + use<> {
        let ends = self.clock.now().plus(Duration::from_millis(LIVE_TAIL_MS_MAX));
        let first: VecDeque<Bytes> = [events::initial_response(b"{}"), frame("sessionStart", start)].into();
        stream::unfold((self, first, Step::Opening), move |(mut tail, mut first, step)| async move {
            if let Some(frame) = first.pop_front() {
                return Some((frame, (tail, first, Step::Started)));
            }
            if matches!(step, Step::Ended) {
                return None;
            }
            let now = tail.clock.now();
            if now >= ends {
                let end = json!({"message": "The session has lasted as long as it may."});
                let frame = events::exception("SessionTimeoutException", end.to_string().as_bytes());
                return Some((frame, (tail, first, Step::Ended)));
            }
            tail.clock.sleep_until(now.plus(UPDATE_EVERY)).await;
            let (frame, step) = tail.update().await;
            Some((frame, (tail, first, step)))
        })
    }

    async fn update(&mut self) -> (Bytes, Step) {
        let mut results = Vec::new();
        let mut sampled = false;
        for watched in &mut self.groups {
            let (page, next) = match watched.group.since(watched.next, LIVE_TAIL_EVENTS_MAX).await {
                Ok(found) => found,
                Err(error) => {
                    let end = json!({"message": error.to_string()});
                    let frame = events::exception("SessionStreamingException", end.to_string().as_bytes());
                    return (frame, Step::Ended);
                }
            };
            watched.next = next;
            sampled |= page.more;
            let wanted = page
                .events
                .iter()
                .filter(|event| self.streams.contain(&event.stream) && self.pattern.matches(&event.message));
            results.extend(wanted.map(|event| shown(event, &watched.identifier)));
        }
        sampled |= results.len() > LIVE_TAIL_EVENTS_MAX;
        results.truncate(LIVE_TAIL_EVENTS_MAX);
        let update = json!({"sessionMetadata": {"sampled": sampled}, "sessionResults": results});
        (frame("sessionUpdate", &update), Step::Started)
    }
}

fn shown(event: &Event, group: &str) -> Json {
    json!({
        "logStreamName": event.stream, "logGroupIdentifier": group, "message": event.message,
        "timestamp": event.timestamp, "ingestionTime": event.ingestion_time,
    })
}

fn frame(event_type: &str, document: &Json) -> Bytes {
    events::event(event_type, "application/json", document.to_string().as_bytes())
}
