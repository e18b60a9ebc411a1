//! BatchGetTraces: traces with all their segments.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html>

use engine::TraceId;
use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::errors::{constraint, invalid};
use crate::limits::{BATCH_TRACES_MAX, TRACE_BYTES_MAX};
use crate::trace;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    trace_ids: Vec<String>,
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    traces: Vec<Trace>,
    unprocessed_trace_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trace {
    id: String,
    duration: f64,
    limit_exceeded: bool,
    segments: Vec<Segment>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Segment {
    id: String,
    document: String,
}

pub(crate) struct BatchGetTraces;

impl Action for BatchGetTraces {
    const NAME: &'static str = "BatchGetTraces";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/Traces", 200));
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let mut traces = Vec::new();
        for id in ids(&input.trace_ids)? {
            traces.extend(xray.trace(id).await?.as_ref().map(told));
        }
        // One that is not there is left out, as at AWS.
        Ok(Output { traces, unprocessed_trace_ids: Vec::new() })
    }
}

/// Reads trace ids. `InvalidRequestException`.
pub(super) fn ids(texts: &[String]) -> Result<Vec<TraceId>, ServiceError> {
    if texts.len() > BATCH_TRACES_MAX {
        return Err(constraint("traceIds", &format!("have length less than or equal to {BATCH_TRACES_MAX}")));
    }
    let id = |text: &String| {
        // Also in W3C's form: 32 hexadecimal digits.
        let w3c = (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten();
        let id = aws::parse_trace_id(text).or(w3c);
        id.map(TraceId).ok_or_else(|| invalid(format!("Invalid trace ID: {text}")))
    };
    texts.iter().map(id).collect()
}

fn told(trace: &trace::Trace) -> Trace {
    let mut bytes = 0;
    let within = |segment: &&trace::Segment| {
        bytes += segment.text.len();
        bytes <= TRACE_BYTES_MAX
    };
    let segments: Vec<Segment> = trace
        .segments
        .iter()
        .take_while(within)
        .map(|segment| Segment { id: segment.document.id().to_owned(), document: segment.text.clone() })
        .collect();
    Trace {
        id: aws::trace_id(trace.id.0),
        duration: trace.duration(),
        limit_exceeded: trace.cut_short || segments.len() < trace.segments.len(),
        segments,
    }
}
