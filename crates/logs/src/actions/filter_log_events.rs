//! Shows the events of a log group that match a pattern, page by page.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::limit;
use crate::Logs;
use crate::errors::invalid;
use crate::filter_pattern::FilterPattern;
use crate::limits::EVENTS_MAX;
use crate::names::GroupKey;
use crate::store::{Event, Position, Selection, Streams};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<u64>,
    end_time: Option<u64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<FilteredLogEvent>,
    /// AWS answers an empty list.
    searched_log_streams: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilteredLogEvent {
    log_stream_name: String,
    timestamp: u64,
    message: String,
    ingestion_time: u64,
    event_id: String,
}

pub(crate) struct FilterLogEvents;

impl Action for FilterLogEvents {
    const NAME: &'static str = "FilterLogEvents";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let name = input.log_group_name.as_deref();
        let key = GroupKey::of(context, name, input.log_group_identifier.as_deref())?;
        let limit = limit(input.limit, EVENTS_MAX)?;
        let after = match input.next_token.as_deref() {
            Some(token) => {
                Some(Position::parse(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?)
            }
            None => None,
        };
        let selection = Selection {
            streams: streams(input.log_stream_names, input.log_stream_name_prefix)?,
            from: input.start_time.unwrap_or(0),
            // Events of this very moment are shown too.
            until: input.end_time.map_or(u64::MAX, |end| end.saturating_add(1)),
            after,
            pattern: FilterPattern::member("filterPattern", input.filter_pattern.as_deref())?,
            limit,
            ..Selection::default()
        };
        let page = logs.group(&key).await?.select(selection, context.now).await?;
        let next_token = page.events.last().filter(|_| page.more).map(|last| last.position().to_string());
        let events = page.events.into_iter().map(shown).collect();
        Ok(Output { events, searched_log_streams: [], next_token })
    }
}

/// The streams that two members name; at most one of them may be given.
pub(super) fn streams(names: Option<Vec<String>>, prefix: Option<String>) -> Result<Streams, ServiceError> {
    match (names, prefix) {
        (Some(_), Some(_)) => {
            Err(invalid("LogStream names and LogStream name prefix are mutually exclusive parameters."))
        }
        (Some(names), None) => Ok(Streams::Named(names.into_iter().collect())),
        (None, Some(prefix)) => Ok(Streams::Prefixed(prefix)),
        (None, None) => Ok(Streams::All),
    }
}

fn shown(event: Event) -> FilteredLogEvent {
    FilteredLogEvent {
        event_id: event.position().to_string(),
        log_stream_name: event.stream.to_string(),
        timestamp: event.timestamp,
        message: event.message,
        ingestion_time: event.ingestion_time,
    }
}
