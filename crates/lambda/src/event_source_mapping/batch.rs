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

use super::record;
use super::response::{Verdict, judge};
use crate::Lambda;
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::functions::check_active;
use crate::hops;
use crate::limits::BACKOFF;
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
    let (outcome, throttled) = match called {
        Ok(called) => called,
        Err(error) => {
            let messages = batch.messages.len();
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

/// Brings batches of a FIFO queue to their end, one after the other. What follows a failure is left alone, so that no
/// message overtakes an earlier one of its group.
pub(super) async fn run_in_order(
    lambda: Arc<Lambda>,
    mapping: Arc<MappingRecord>,
    batches: Vec<Batch>,
) -> Course {
    for batch in batches {
        let course = run(Arc::clone(&lambda), Arc::clone(&mapping), batch).await;
        if course != Course::Done {
            return course;
        }
    }
    Course::Done
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
    let found = lambda.find_function(&mapping.function).await;
    let stored = found.map_err(|error| InvokeError::Failed(error.to_string()))?;
    let stored = stored.ok_or_else(|| InvokeError::Failed(format!("{} does not exist", mapping.function)))?;
    let version = lambda.resolve(&stored.record, mapping.qualifier.as_deref()).await;
    let version = version.map_err(|error| InvokeError::Failed(error.to_string()))?;
    let gone = || InvokeError::Failed(format!("{} does not exist", mapping.called_arn()));
    let version = version.ok_or_else(gone)?;
    check_active(&version).map_err(|error| InvokeError::Failed(error.message.into_owned()))?;
    lambda.call(&stored.record, &version, invocation).await
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
    if outcome.function_error.is_some() {
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
            tracing::info!(%function, %request_id, messages = failed.len(), "messages failed and will come back");
            let messages = batch.messages.iter().filter(|message| failed.contains(&message.message_id));
            tell_failed(lambda, mapping, messages, "the function reported it as failed", request_id);
            (failed, Course::Failed)
        }
        Verdict::Failure(reason) => {
            tracing::warn!(%function, %request_id, reason, "batch failed, its messages will come back");
            tell_failed(lambda, mapping, batch.messages.iter(), reason, request_id);
            return Course::Failed;
        }
    };
    let done = batch.messages.iter().filter(|message| !failed.contains(&message.message_id));
    delete(lambda, mapping, done.map(|message| message.receipt_handle.clone()).collect()).await;
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

async fn delete(lambda: &Lambda, mapping: &MappingRecord, receipt_handles: Vec<String>) {
    let mut wait = *BACKOFF.start();
    for attempt in 1..=DELETIONS_MAX {
        let deleted = match lambda.ports.queues() {
            Ok(queues) => queues.delete(mapping.queue.clone(), receipt_handles.clone()).await,
            Err(error) => Err(error),
        };
        let Err(error) = deleted else { return };
        tracing::warn!(queue = %mapping.queue, attempt, %error, "processed messages could not be deleted");
        if matches!(error, PortError::NotFound(_)) || attempt == DELETIONS_MAX {
            return;
        }
        lambda.clock.sleep_until(lambda.clock.now().plus(wait)).await;
        wait = longer(wait);
    }
}
