//! Shows the events of one stream, page by page in both directions.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::limit;
use crate::errors::{self, invalid};
use crate::limits::EVENTS_MAX;
use crate::names::{GroupKey, check_stream_name};
use crate::store::{Event, Order, Position, Selection, Streams};
use crate::{Logs, records};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<u64>,
    end_time: Option<u64>,
    next_token: Option<String>,
    limit: Option<u32>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<OutputLogEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputLogEvent {
    timestamp: u64,
    message: String,
    ingestion_time: u64,
}

/// Where a page begins: behind a place, or before it.
enum Token {
    Forward(Position),
    Backward(Position),
}

pub(crate) struct GetLogEvents;

impl Action for GetLogEvents {
    const NAME: &'static str = "GetLogEvents";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let name = input.log_group_name.as_deref();
        let key = GroupKey::of(context, name, input.log_group_identifier.as_deref())?;
        check_stream_name(&input.log_stream_name)?;
        let limit = limit(input.limit, EVENTS_MAX)?;
        let token = input.next_token.as_deref().map(Token::parse).transpose()?;
        let group = logs.group(&key).await?;
        let made = logs.engine.get(&records::stream_key(&group.record(), &input.log_stream_name)).await?;
        if made.is_none() && !group.has_stream(&input.log_stream_name).await? {
            return Err(errors::no_such_stream());
        }
        let from_head = input.start_from_head == Some(true);
        let mut selection = Selection {
            streams: Streams::Named(HashSet::from([input.log_stream_name])),
            from: input.start_time.unwrap_or(0),
            until: input.end_time.unwrap_or(u64::MAX),
            limit,
            order: if from_head { Order::EarliestFirst } else { Order::LatestFirst },
            ..Selection::default()
        };
        match &token {
            Some(Token::Forward(place)) => {
                selection.after = Some(*place);
                selection.order = Order::EarliestFirst;
            }
            Some(Token::Backward(place)) => {
                selection.before = Some(*place);
                selection.order = Order::LatestFirst;
            }
            None => {}
        }
        let page = group.select(selection, context.now).await?;
        Ok(output(&page.events, token.as_ref()))
    }
}

/// At an end the token stays what it was: so clients know that there is no more for now.
fn output(events: &[Event], token: Option<&Token>) -> Output {
    let place = match token {
        Some(Token::Forward(place) | Token::Backward(place)) => *place,
        None => Position { timestamp: 0, sequence: 0 },
    };
    let first = events.first().map_or(place, Event::position);
    let last = events.last().map_or(place, Event::position);
    let shown = events.iter().map(|event| OutputLogEvent {
        timestamp: event.timestamp,
        message: event.message.clone(),
        ingestion_time: event.ingestion_time,
    });
    Output {
        events: shown.collect(),
        next_forward_token: format!("f/{last}/s"),
        next_backward_token: format!("b/{first}/s"),
    }
}

impl Token {
    fn parse(text: &str) -> Result<Self, ServiceError> {
        let inside = |prefix| text.strip_prefix(prefix)?.strip_suffix("/s").and_then(Position::parse);
        let token = inside("f/").map(Self::Forward).or_else(|| inside("b/").map(Self::Backward));
        token.ok_or_else(|| invalid("The specified nextToken is invalid."))
    }
}
