//! Lists the streams of a log group, by name or by their last event.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::limit;
use crate::Logs;
use crate::errors::{constraint, invalid};
use crate::limits::DESCRIBED_MAX;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_streams: Vec<LogStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    creation_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<u64>,
    arn: String,
    stored_bytes: u64,
}

pub(crate) struct DescribeLogStreams;

impl Action for DescribeLogStreams {
    const NAME: &'static str = "DescribeLogStreams";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = limit(input.limit, DESCRIBED_MAX)?;
        let by_time = match input.order_by.as_deref() {
            None | Some("LogStreamName") => false,
            Some("LastEventTime") if input.log_stream_name_prefix.is_some() => {
                return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
            }
            Some("LastEventTime") => true,
            Some(other) => {
                let text = "satisfy enum value set: [LogStreamName, LastEventTime]";
                return Err(constraint(other, "orderBy", text));
            }
        };
        let name = input.log_group_name.as_deref();
        let key = GroupKey::of(context, name, input.log_group_identifier.as_deref())?;
        let mut streams = all(logs, &key).await?;
        let prefix = input.log_stream_name_prefix.unwrap_or_default();
        streams.retain(|stream| stream.log_stream_name.starts_with(&prefix));
        let place = |stream: &LogStream| {
            let time = if by_time { stream.last_event_timestamp.unwrap_or(0) } else { 0 };
            (time, stream.log_stream_name.clone())
        };
        streams.sort_by_key(place);
        if input.descending == Some(true) {
            streams.reverse();
        }
        let after = input.next_token;
        let begin = after.and_then(|after| {
            streams.iter().position(|stream| stream.log_stream_name == after).map(|at| at + 1)
        });
        streams.drain(..begin.unwrap_or(0));
        let more = streams.len() > limit;
        streams.truncate(limit);
        let next_token = streams.last().filter(|_| more).map(|last| last.log_stream_name.clone());
        Ok(Output { log_streams: streams, next_token })
    }
}

/// Those that were made by a call and those that writing has made.
async fn all(logs: &Logs, key: &GroupKey) -> Result<Vec<LogStream>, ServiceError> {
    let group = logs.group(key).await?;
    let arn = key.arn();
    let empty = |name: &str, created: u64| LogStream {
        arn: format!("{arn}:log-stream:{name}"),
        log_stream_name: name.to_owned(),
        creation_time: created,
        first_event_timestamp: None,
        last_event_timestamp: None,
        last_ingestion_time: None,
        // AWS has stopped counting them in 2019 and shows zero.
        stored_bytes: 0,
    };
    let made = logs.groups.made_streams(&group.record()).await?;
    let mut streams: BTreeMap<String, LogStream> =
        made.iter().map(|made| (made.name.clone(), empty(&made.name, made.created.0))).collect();
    for (name, facts) in group.streams().await?.0 {
        let stream = streams.entry(name.to_string()).or_insert_with(|| empty(&name, facts.created));
        stream.first_event_timestamp = Some(facts.first_event);
        stream.last_event_timestamp = Some(facts.last_event);
        stream.last_ingestion_time = Some(facts.last_ingestion);
    }
    Ok(streams.into_values().collect())
}
