//! `GET /_konekuta/logs/<function>?from=<offset>&wait=<seconds>`: lines as JSON, and where to go on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value as Json, json};
use service::{Page, PageRequest, Reply};

use super::FunctionLogs;

const PREFIX: &str = "/_konekuta/logs/";
const WAIT_SECONDS_MAX: u64 = 20;

/// The page over all logs.
pub fn page(logs: &Arc<FunctionLogs>) -> Page {
    let logs = Arc::clone(logs);
    let answer = move |request: PageRequest| answer(Arc::clone(&logs), request).boxed();
    Page { path_prefix: PREFIX, answer: Box::new(answer) }
}

async fn answer(logs: Arc<FunctionLogs>, request: PageRequest) -> Reply {
    let function = request.path.strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let from = parameter(&request.query, "from");
    let wait = Duration::from_secs(parameter(&request.query, "wait").min(WAIT_SECONDS_MAX));
    let until = tokio::time::sleep(wait);
    tokio::pin!(until);
    loop {
        let grown = logs.grown();
        match logs.read(&function, from) {
            Ok((lines, next)) if !lines.is_empty() || wait.is_zero() => {
                return reply(StatusCode::OK, &json!({"lines": lines, "next": next}));
            }
            Ok(_) => {}
            Err(error) => {
                return reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({"message": error.to_string()}));
            }
        }
        tokio::select! {
            () = grown => {}
            () = &mut until => return reply(StatusCode::OK, &json!({"lines": [], "next": from})),
        }
    }
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
