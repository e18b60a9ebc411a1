//! Shows what is added to log groups from now on, as it comes.
//!
//! SDKs put `stream-` before the host's name; against an endpoint of one's own that is switched off
//! (`inject_host_prefix=False`, `disable_host_prefix_injection`).
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use std::sync::Arc;

use http::Response;
use serde::Deserialize;
use serde_json::json;
use service::{Context, ServiceError, StreamingAction, StreamingBody, event_stream};

use super::filter_log_events::streams;
use crate::Logs;
use crate::errors::{LIMIT_EXCEEDED, constraint, invalid};
use crate::filter_pattern::FilterPattern;
use crate::limits::{LIVE_TAIL_GROUPS_MAX, LIVE_TAILS_MAX};
use crate::live_tail::{LiveTail, Watched};
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_identifiers: Vec<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefixes: Option<Vec<String>>,
    log_event_filter_pattern: Option<String>,
}

pub(crate) struct StartLiveTail;

impl StreamingAction for StartLiveTail {
    const NAME: &'static str = "StartLiveTail";
    type Service = Logs;
    type Input = Input;

    async fn run(
        logs: &Logs,
        context: &Context,
        input: Input,
    ) -> Result<Response<StreamingBody>, ServiceError> {
        let count = input.log_group_identifiers.len();
        if !(1..=LIVE_TAIL_GROUPS_MAX).contains(&count) {
            let text = format!("have length between 1 and {LIVE_TAIL_GROUPS_MAX}");
            return Err(constraint(&count.to_string(), "logGroupIdentifiers", &text));
        }
        let pattern =
            FilterPattern::member("logEventFilterPattern", input.log_event_filter_pattern.as_deref())?;
        let narrowed = input.log_stream_names.is_some() || input.log_stream_name_prefixes.is_some();
        if narrowed && count > 1 {
            return Err(invalid("Streams can only be named for one log group."));
        }
        let prefixes = input.log_stream_name_prefixes.clone().unwrap_or_default();
        if prefixes.len() > 1 {
            return Err(invalid("Konekuta takes one logStreamNamePrefix."));
        }
        let mut groups = Vec::new();
        for identifier in &input.log_group_identifiers {
            let key = GroupKey::identified(context, identifier)?;
            let group = logs.group(&key).await?;
            let next = group.next_sequence().await?;
            groups.push(Watched { group, identifier: format!("{}:{}", key.account, key.name), next });
        }
        let place = Arc::clone(&logs.tails).try_acquire_owned().map_err(|_| {
            ServiceError::new(&LIMIT_EXCEEDED, format!("There may be {LIVE_TAILS_MAX} live tails at once."))
        })?;
        let start = json!({
            "requestId": context.request_id.to_string(),
            "sessionId": logs.ids.uuid().to_string(),
            "logGroupIdentifiers": input.log_group_identifiers,
            "logStreamNames": input.log_stream_names.clone().unwrap_or_default(),
            "logStreamNamePrefixes": prefixes,
            "logEventFilterPattern": input.log_event_filter_pattern.unwrap_or_default(),
        });
        let streams = streams(input.log_stream_names, prefixes.into_iter().next())?;
        let tail = LiveTail { clock: Arc::clone(&logs.clock), groups, streams, pattern, _place: place };
        Ok(event_stream(tail.frames(&start)))
    }
}
