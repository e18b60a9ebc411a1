//! `GET /_konekuta/logs/<function>?from=<number>&wait=<seconds>`: a function's lines as JSON, and where to go on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value as Json, json};
use service::{Page, PageRequest, Reply};

use crate::Logs;
use crate::groups::LogError;
use crate::names::GroupKey;

const PREFIX: &str = "/_konekuta/logs/";
const WAIT_SECONDS_MAX: u64 = 20;
/// Lines of one answer.
const LINES_MAX: usize = 10_000;

/// The page over all logs.
pub(crate) fn page(logs: &Arc<Logs>) -> Page {
    let logs = Arc::clone(logs);
    let answer = move |request: PageRequest| answer(Arc::clone(&logs), request).boxed();
    Page { path_prefix: PREFIX, answer: Box::new(answer) }
}

async fn answer(logs: Arc<Logs>, request: PageRequest) -> Reply {
    match lines(&logs, &request).await {
        Ok(document) => reply(StatusCode::OK, &document),
        Err(error) => reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({"message": error.to_string()})),
    }
}

async fn lines(logs: &Logs, request: &PageRequest) -> Result<Json, LogError> {
    let function = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let key = GroupKey {
        account: request.context.caller.account.to_string(),
        region: request.context.caller.region.to_string(),
        name: format!("/aws/lambda/{function}"),
    };
    let from = parameter(&request.query, "from");
    let seconds = parameter(&request.query, "wait").min(WAIT_SECONDS_MAX);
    let until = logs.clock.sleep_until(logs.clock.now().plus(Duration::from_secs(seconds)));
    let Some(group) = logs.groups.find(&key).await? else {
        // A function that has not run yet: its follower asks again.
        until.await;
        return Ok(json!({"lines": [], "next": from}));
    };
    let mut growth = group.growth();
    tokio::pin!(until);
    loop {
        growth.mark_unchanged();
        let (page, next) = group.since(from, LINES_MAX).await?;
        if !page.events.is_empty() || seconds == 0 {
            let lines: Vec<Json> = page.events.iter().map(line).collect();
            return Ok(json!({"lines": lines, "next": next}));
        }
        tokio::select! {
            _ = growth.changed() => {}
            () = &mut until => return Ok(json!({"lines": [], "next": next})),
        }
    }
}

fn line(event: &crate::store::Event) -> Json {
    json!({"timestamp": event.timestamp, "requestId": event.request_id, "message": event.message})
}

fn parameter(query: &str, name: &str) -> u64 {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse().ok()).unwrap_or(0)
}

fn reply(status: StatusCode, document: &Json) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Reply { status, headers, body: document.to_string().into() }
}
