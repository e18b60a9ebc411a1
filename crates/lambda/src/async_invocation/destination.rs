//! Destinations: the record of an event that has come to its end, to a queue, a topic, a function or a bucket.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use std::collections::BTreeMap;

use aws::{Arn, RequestId, TraceHeader, timestamp};
use bytes::Bytes;
use engine::{Commit, Enqueue};
use serde_json::{Value as Json, json};
use service::ports::{FunctionEvent, FunctionPort as _, PortError, QueueMessage, Sender};
use service::way;

use super::event::StoredEvent;
use crate::execution::Outcome;
use crate::function_name::{LATEST, qualified};
use crate::limits::BACKOFF;
use crate::records::FunctionRecord;
use crate::{Functions, Lambda};

/// Attempts to deliver a record before the event waits for a while, or is done without it.
const DELIVERIES_MAX: u32 = 5;

/// How an event ended.
pub(super) struct Ending<'a> {
    pub(super) request_id: RequestId,
    /// `Success`, `RetriesExhausted`, `EventAgeExceeded`.
    pub(super) condition: &'static str,
    /// How often the function was called.
    pub(super) calls: u32,
    /// Of the last call, if there was one.
    pub(super) outcome: Option<&'a Outcome>,
}

/// Hands the record on. `Failed`: it may be tried again later; everything else is final.
pub(super) async fn deliver(
    lambda: &Lambda,
    target: &str,
    function: &FunctionRecord,
    event: &StoredEvent,
    ending: &Ending<'_>,
) -> Result<(), PortError> {
    let record = record(lambda, function, event, ending).to_string();
    let mut wait = *BACKOFF.start();
    for _ in 1..DELIVERIES_MAX {
        match send(lambda, target, function, event, (ending, record.clone())).await {
            Err(PortError::Failed(error)) => {
                tracing::warn!(function = %function.arn, target, error, "a destination fails, trying again");
                lambda.clock.sleep_until(lambda.clock.now().plus(wait)).await;
                wait = (wait * 2).min(*BACKOFF.end());
            }
            other => return other,
        }
    }
    send(lambda, target, function, event, (ending, record)).await
}

fn record(lambda: &Lambda, function: &FunctionRecord, event: &StoredEvent, ending: &Ending<'_>) -> Json {
    let called = qualified(&function.arn, Some(event.qualifier.as_deref().unwrap_or(LATEST)));
    let mut record = json!({
        "version": "1.0",
        "timestamp": timestamp::iso_milliseconds(lambda.clock.now().0),
        "requestContext": {
            "requestId": ending.request_id.to_string(),
            "functionArn": called.as_str(),
            "condition": ending.condition,
            "approximateInvokeCount": ending.calls,
        },
        "requestPayload": document(&event.payload),
    });
    if let Some(outcome) = ending.outcome {
        record["responseContext"] = json!({"statusCode": 200, "executedVersion": outcome.executed_version});
        if let Some(error) = outcome.function_error {
            record["responseContext"]["functionError"] = json!(error.as_str());
        }
        record["responsePayload"] = document(&outcome.payload);
    }
    record
}

/// What is no JSON is shown as text.
fn document(payload: &Bytes) -> Json {
    serde_json::from_slice(payload).unwrap_or_else(|_| json!(String::from_utf8_lossy(payload)))
}

async fn send(
    lambda: &Lambda,
    target: &str,
    function: &FunctionRecord,
    event: &StoredEvent,
    (ending, record): (&Ending<'_>, String),
) -> Result<(), PortError> {
    let arn: Arn = target.parse().map_err(|_| PortError::NotFound(target.to_owned()))?;
    let trace = event.header_of_what_follows(function, ending.request_id);
    let header = trace.clone();
    let enqueue = match arn.service() {
        "sns" => {
            let sender = Sender::Account(function.arn.account().to_owned());
            return lambda.ports.topics()?.publish(arn, None, record, trace, sender).await;
        }
        "s3" => {
            let key = object_key(lambda, function);
            let goes = way::to(header.as_ref().map(TraceHeader::as_str), arn.as_str());
            let written = match goes {
                Ok(()) => {
                    let bucket = arn.resource().to_owned();
                    lambda.ports.objects()?.write(bucket, key.clone(), record.into()).await
                }
                Err(_) => Ok(()),
            };
            if written.is_ok() {
                lambda.tell_written(function, (&arn, &key), header.as_ref(), ending.condition, goes);
            }
            return written;
        }
        "lambda" => {
            let own =
                lambda.this.upgrade().ok_or_else(|| PortError::Failed("the program is ending".to_owned()))?;
            let sender = Sender::Account(function.arn.account().to_owned());
            Functions(own)
                .prepare(arn.clone(), FunctionEvent { payload: record.into(), trace, sender })
                .await?
        }
        _ => {
            let message = QueueMessage {
                body: record.into(),
                attributes: BTreeMap::new(),
                group: None,
                deduplication_id: None,
                trace,
                sender_id: arn.account().to_owned(),
                sender: Sender::Account(function.arn.account().to_owned()),
            };
            lambda.ports.queues()?.prepare(arn.clone(), message).await?
        }
    };
    hand_on(lambda, function, (enqueue, &arn), header.as_ref(), ending.condition).await
}

/// Commits a send that comes of an event, unless a replay ends before it, and tells of it.
pub(super) async fn hand_on(
    lambda: &Lambda,
    function: &FunctionRecord,
    (enqueue, target): (Enqueue, &Arn),
    header: Option<&TraceHeader>,
    condition: &'static str,
) -> Result<(), PortError> {
    let text = header.map(TraceHeader::as_str);
    let goes = match target.service() {
        "lambda" => way::to(text, target.as_str()),
        _ => way::into(text, target.as_str()),
    };
    if goes.is_ok() {
        lambda.engine.commit(Commit { home: None, enqueue: vec![enqueue.clone()] }).await?;
    }
    lambda.tell_handed_on(function, (&enqueue, target), header, condition, goes);
    Ok(())
}

/// `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`
fn object_key(lambda: &Lambda, function: &FunctionRecord) -> String {
    let now = lambda.clock.now().0;
    let moment = timestamp::iso_milliseconds(now).replace(':', ".");
    let second = moment.split_at(moment.len().min("2026-01-01T00.00.00".len())).0;
    format!("aws/lambda/async/{}/{}/{second}-{}", function.name, timestamp::day(now), lambda.ids.uuid())
}
