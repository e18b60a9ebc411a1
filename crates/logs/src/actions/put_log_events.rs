//! Adds events to a log stream.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::errors::{self, constraint, invalid};
use crate::limits::{
    AGE_MS_MAX, AHEAD_MS_MAX, BATCH_BYTES_MAX, BATCH_SPAN_MS_MAX, DAY_MS, EVENT_OVERHEAD_BYTES, EVENTS_MAX,
};
use crate::names::{GroupKey, check_stream_name};
use crate::store::{Append, NewEvent};
use crate::{Logs, records};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputLogEvent>,
}

#[derive(Deserialize)]
struct InputLogEvent {
    timestamp: u64,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    next_sequence_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_log_events_info: Option<Rejected>,
}

/// Which events were too new, too old or past their retention, by their places in the request.
#[derive(Serialize, Default, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
struct Rejected {
    #[serde(skip_serializing_if = "Option::is_none")]
    too_new_log_event_start_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_old_log_event_end_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_log_event_end_index: Option<usize>,
}

pub(crate) struct PutLogEvents;

impl Action for PutLogEvents {
    const NAME: &'static str = "PutLogEvents";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        check_stream_name(&input.log_stream_name)?;
        check(&input.log_events)?;
        let group = logs.group(&key).await?;
        let record = group.record();
        let made = logs.engine.get(&records::stream_key(&record, &input.log_stream_name)).await?.is_some();
        if !made && !group.has_stream(&input.log_stream_name).await? {
            return Err(errors::no_such_stream());
        }
        let rejected = rejected(&input.log_events, context.now.0, record.retention_days);
        let begin = rejected.too_old_log_event_end_index.max(rejected.expired_log_event_end_index);
        let end = rejected.too_new_log_event_start_index.unwrap_or(input.log_events.len());
        let accepted = input
            .log_events
            .into_iter()
            .take(end)
            .skip(begin.unwrap_or(0))
            .map(|event| NewEvent { timestamp: event.timestamp, request_id: None, message: event.message });
        let events: Vec<NewEvent> = accepted.collect();
        if !events.is_empty() {
            let stream = input.log_stream_name.into();
            group.append(Append { stream, events, now: context.now.0 }, logs.sync).await?;
        }
        Ok(Output {
            // AWS ignores these tokens since 2023 and still answers one.
            next_sequence_token: format!("{:056}", group.next_sequence().await?),
            rejected_log_events_info: (rejected != Rejected::default()).then_some(rejected),
        })
    }
}

fn check(events: &[InputLogEvent]) -> Result<(), ServiceError> {
    if events.is_empty() || events.len() > EVENTS_MAX {
        let text = format!("have length between 1 and {EVENTS_MAX}");
        return Err(constraint(&events.len().to_string(), "logEvents", &text));
    }
    if events.iter().any(|event| event.message.is_empty()) {
        return Err(constraint("", "logEvents.member.message", "have length greater than or equal to 1"));
    }
    let bytes: usize = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
    if bytes > BATCH_BYTES_MAX {
        return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES_MAX}")));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    let (first, last) = (events.first().map_or(0, |e| e.timestamp), events.last().map_or(0, |e| e.timestamp));
    if last - first > BATCH_SPAN_MS_MAX {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(())
}

fn rejected(events: &[InputLogEvent], now: u64, retention_days: Option<u32>) -> Rejected {
    let before = |moment: u64| {
        let count = events.partition_point(|event| event.timestamp < moment);
        (count > 0).then_some(count)
    };
    let new = events.partition_point(|event| event.timestamp <= now + AHEAD_MS_MAX);
    Rejected {
        too_new_log_event_start_index: (new < events.len()).then_some(new),
        too_old_log_event_end_index: before(now.saturating_sub(AGE_MS_MAX)),
        expired_log_event_end_index: retention_days
            .and_then(|days| before(now.saturating_sub(u64::from(days) * DAY_MS))),
    }
}
