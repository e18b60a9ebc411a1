//! One batch: the function is called with it, and what it answers decides which messages are deleted.
//!
//! What was tried and is not deleted comes back when its visibility timeout has run out, and goes to the dead-letter
//! queue when it was received too often. The queue does both.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws::RequestId;
use engine::Timestamp;
use service::ports::{PortError, QueueRecord};
use service::way;

use super::figures::Event;
use super::record::{self, split};
use super::response::{Verdict, judge};
use crate::Lambda;
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::functions::check_active;
use crate::hops;
use crate::limits::{BACKOFF, SYNCHRONOUS_PAYLOAD_BYTES_MAX};
use crate::records::MappingRecord;

/// Attempts to delete what is done; if all fail the messages come back.
const DELETIONS_MAX: u32 = 5;

/// Messages for one call of the function.
pub(super) struct Batch {
    pub(super) messages: Vec<QueueRecord>,
    /// The first message becomes visible again, roughly.
    pub(super) expires: Timestamp,
}

/// How a batch went, for the poller's concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The function ran and took it.
    Done,
    /// The function failed, or some messages did.
    Failed,
    /// There was no room for the function, at least for a while.
    Throttled,
}

/// Brings a batch to its end. Never fails: what goes wrong is logged, and the messages come back.
pub(super) async fn run(lambda: Arc<Lambda>, mapping: Arc<MappingRecord>, batch: Batch) -> Course {
    let request_id = RequestId(lambda.ids.uuid());
    let called = call(&lambda, &mapping, &batch, request_id).await;
    let messages = batch.messages.len();
    let (outcome, throttled) = match called {
        Ok(called) => {
            lambda.figures.count(&mapping, Event::Invoked, messages);
            called
        }
        Err(error) => {
            tracing::warn!(function = %mapping.function, %request_id, messages, %error, "batch was not processed");
            if error == InvokeError::Stopped && lambda.is_stopping() {
                give_back(&lambda, &mapping, &batch).await;
            }
            return Course::Throttled;
        }
    };
    let course = settle(&lambda, &mapping, &batch, &outcome, request_id).await;
    if throttled { Course::Throttled } else { course }
}

impl Batch {
    /// As few batches as fit a call each, in order.
    pub(super) fn parts(self) -> Vec<Self> {
        let expires = self.expires;
        let parts = by_way(self.messages).into_iter();
        let parts = parts.flat_map(|messages| split(messages, SYNCHRONOUS_PAYLOAD_BYTES_MAX));
        parts.map(|messages| Self { messages, expires }).collect()
    }
}

/// What a replay with an end brings is called for by itself: its end goes on with its trace, and holds for nobody else.
fn by_way(messages: Vec<QueueRecord>) -> Vec<Vec<QueueRecord>> {
    let way = |message: &QueueRecord| {
        let header = message.attributes.get("AWSTraceHeader")?;
        way::of(header).map(|way| (message.received.trace.unique(), way.to_owned()))
    };
    if messages.iter().all(|message| way(message).is_none()) {
        return vec![messages];
    }
    let mut parts: Vec<Vec<QueueRecord>> = Vec::new();
    for message in messages {
        match parts.last_mut() {
            Some(part) if part.last().map(way) == Some(way(&message)) => part.push(message),
            _ => parts.push(vec![message]),
        }
    }
    parts
}

/// The message groups of a FIFO queue's batch, spread over so many lanes at the most. Within a group the order stays.
pub(super) fn lanes(batch: Batch, most: usize) -> Vec<Vec<Batch>> {
    let expires = batch.expires;
    let mut groups: Vec<(String, Vec<QueueRecord>)> = Vec::new();
    for message in batch.messages {
        let group = message.attributes.get("MessageGroupId").cloned().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, messages)) => messages.push(message),
            None => groups.push((group, vec![message])),
        }
    }
    let mut lanes: Vec<Vec<Batch>> = Vec::new();
    lanes.resize_with(groups.len().min(most), Vec::new);
    for (index, (_, messages)) in groups.into_iter().enumerate() {
        let lane = index % lanes.len();
        lanes[lane].push(Batch { messages, expires });
    }
    lanes
}

/// Brings message groups to their end, one after the other. What follows a failure in its group is left alone, so that
/// no message overtakes an earlier one.
pub(super) async fn run_lane(lambda: Arc<Lambda>, mapping: Arc<MappingRecord>, groups: Vec<Batch>) -> Course {
    let mut worst = Course::Done;
    for group in groups {
        for part in group.parts() {
            let course = run(Arc::clone(&lambda), Arc::clone(&mapping), part).await;
            if course != Course::Done {
                worst = course;
                break;
            }
        }
    }
    worst
}

/// Calls the function, again and again while there is no room for it, until the messages are about to be visible.
async fn call(
    lambda: &Lambda,
    mapping: &MappingRecord,
    batch: &Batch,
    request_id: RequestId,
) -> Result<(Outcome, bool), InvokeError> {
    let payload = record::event(&mapping.queue, &batch.messages);
    let trace = lambda.trace_or_new(hops::shared_trace(&batch.messages), lambda.clock.now());
    let trace = record::lineage(&batch.messages).call(&mapping.function, &trace);
    let mut wait = *BACKOFF.start();
    let mut throttled = false;
    loop {
        let invocation = Invocation {
            invoked_arn: Some(mapping.called_arn()),
            links: hops::links(&batch.messages),
            event_source: Some(mapping.queue.clone()),
            ..Invocation::of(request_id, payload.clone(), Some(trace.clone()))
        };
        let error = match attempt(lambda, mapping, invocation).await {
            Ok(outcome) => return Ok((outcome, throttled)),
            Err(error) => error,
        };
        throttled = true;
        let next = lambda.clock.now().plus(wait);
        if error == InvokeError::Stopped || next >= batch.expires {
            return Err(error);
        }
        lambda.clock.sleep_until(next).await;
        wait = longer(wait);
    }
}

async fn attempt(
    lambda: &Lambda,
    mapping: &MappingRecord,
    invocation: Invocation,
) -> Result<Outcome, InvokeError> {
    let failed = |error: engine::Error| InvokeError::Failed(error.to_string());
    let gone = || InvokeError::Failed(format!("{} does not exist", mapping.called_arn()));
    let function = lambda.called_function(&mapping.function).await.map_err(failed)?.ok_or_else(gone)?;
    let version = lambda.resolve(&function, mapping.qualifier.as_deref()).await;
    let version = version.map_err(failed)?.ok_or_else(gone)?;
    check_active(&version).map_err(|error| InvokeError::Failed(error.message.into_owned()))?;
    lambda.call_to_its_end(&function, &version, invocation).await
}

/// The wait after a wait that did not help.
pub(super) fn longer(wait: Duration) -> Duration {
    (wait * 2).min(*BACKOFF.end())
}

async fn settle(
    lambda: &Lambda,
    mapping: &MappingRecord,
    batch: &Batch,
    outcome: &Outcome,
    request_id: RequestId,
) -> Course {
    let function = &mapping.function;
    let failed_all = || lambda.figures.count(mapping, Event::FailedInvoke, batch.messages.len());
    if outcome.function_error.is_some() {
        failed_all();
        let messages = batch.messages.len();
        tracing::info!(%function, %request_id, messages, "function failed, its messages will come back");
        tell_failed(lambda, mapping, batch.messages.iter(), "the function failed", request_id);
        return Course::Failed;
    }
    let verdict = if mapping.report_batch_item_failures {
        let ids: BTreeSet<&str> = batch.messages.iter().map(|message| message.message_id.as_str()).collect();
        judge(&outcome.payload, &ids)
    } else {
        Verdict::Success
    };
    let (failed, course) = match verdict {
        Verdict::Success => (BTreeSet::new(), Course::Done),
        Verdict::Failures(failed) => {
            lambda.figures.count(mapping, Event::FailedInvoke, failed.len());
            tracing::info!(%function, %request_id, messages = failed.len(), "messages failed and will come back");
            let messages = batch.messages.iter().filter(|message| failed.contains(&message.message_id));
            tell_failed(lambda, mapping, messages, "the function reported it as failed", request_id);
            (failed, Course::Failed)
        }
        Verdict::Failure(reason) => {
            failed_all();
            tracing::warn!(%function, %request_id, reason, "batch failed, its messages will come back");
            tell_failed(lambda, mapping, batch.messages.iter(), reason, request_id);
            return Course::Failed;
        }
    };
    let done = batch.messages.iter().filter(|message| !failed.contains(&message.message_id));
    let handles = || done.clone().map(|message| message.receipt_handle.clone()).collect();
    delete(lambda, mapping, handles).await;
    course
}

fn tell_failed<'a>(
    lambda: &Lambda,
    mapping: &MappingRecord,
    messages: impl Iterator<Item = &'a QueueRecord>,
    reason: &str,
    request_id: RequestId,
) {
    for message in messages {
        lambda.tell_failed(mapping, message, reason, request_id.0.as_u128());
    }
}

/// The function was never called, because the program ends: whoever comes next may begin at once.
async fn give_back(lambda: &Lambda, mapping: &MappingRecord, batch: &Batch) {
    let handles = batch.messages.iter().map(|message| message.receipt_handle.clone()).collect();
    let given_back = match lambda.ports.queues() {
        Ok(queues) => queues.return_in(mapping.queue.clone(), handles, 0).await,
        Err(error) => Err(error),
    };
    if let Err(error) = given_back {
        tracing::debug!(queue = %mapping.queue, %error, "messages wait for their visibility timeout");
    }
}

async fn delete(lambda: &Lambda, mapping: &MappingRecord, receipt_handles: impl Fn() -> Vec<String>) {
    let mut wait = *BACKOFF.start();
    for attempt in 1..=DELETIONS_MAX {
        let handles = receipt_handles();
        let count = handles.len();
        let deleted = match lambda.ports.queues() {
            Ok(queues) => queues.delete(mapping.queue.clone(), handles).await,
            Err(error) => Err(error),
        };
        let Err(error) = deleted else {
            lambda.figures.count(mapping, Event::Deleted, count);
            return;
        };
        tracing::warn!(queue = %mapping.queue, attempt, %error, "processed messages could not be deleted");
        if matches!(error, PortError::NotFound(_)) || attempt == DELETIONS_MAX {
            return;
        }
        lambda.clock.sleep_until(lambda.clock.now().plus(wait)).await;
        wait = longer(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;

    #[test]
    fn what_a_replay_with_an_end_brings_is_a_batch_of_its_own() {
        let traced = |id: &str, trace: u128, way: &str| {
            let mut message = message(id, "");
            message.received.trace = engine::TraceId(trace);
            let header = format!("{};Way={way}", aws::TraceHeader::of(trace, 1, true));
            message.attributes.insert("AWSTraceHeader", header);
            message
        };
        let plain = |id: &str| message(id, "");
        let messages = vec![
            plain("1"),
            plain("2"),
            traced("3", 7, "a:b"),
            traced("4", 7, "a:b"),
            traced("5", 8, "a:b"),
            plain("6"),
        ];
        let ids =
            |part: Vec<QueueRecord>| part.into_iter().map(|message| message.message_id).collect::<Vec<_>>();
        let parts: Vec<Vec<String>> = by_way(messages).into_iter().map(ids).collect();
        assert_eq!(parts, [vec!["1", "2"], vec!["3", "4"], vec!["5"], vec!["6"]]);
    }

    #[test]
    fn groups_keep_their_order_and_run_beside_each_other() {
        let of_group = |id: &str, group: &str| {
            let mut message = message(id, "");
            message.attributes.insert("MessageGroupId", group.to_owned());
            message
        };
        let batch = || Batch {
            messages: vec![of_group("1", "a"), of_group("2", "b"), of_group("3", "a"), of_group("4", "c")],
            expires: Timestamp(0),
        };
        let ids = |most: usize| -> Vec<Vec<Vec<String>>> {
            let ids = |batch: Batch| batch.messages.into_iter().map(|message| message.message_id).collect();
            lanes(batch(), most).into_iter().map(|lane| lane.into_iter().map(ids).collect()).collect()
        };
        assert_eq!(ids(9), [vec![vec!["1", "3"]], vec![vec!["2"]], vec![vec!["4"]]]);
        assert_eq!(ids(2), [vec![vec!["1", "3"], vec!["4"]], vec![vec!["2"]]], "no more at once than may");
    }
}
