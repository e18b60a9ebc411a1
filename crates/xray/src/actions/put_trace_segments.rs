//! PutTraceSegments: takes segment documents; those that are wrong are told, and hinder no other.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::errors::constraint;
use crate::limits::DOCUMENTS_MAX;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    trace_segment_documents: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    unprocessed_trace_segments: Vec<Unprocessed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    error_code: &'static str,
    message: String,
}

pub(crate) struct PutTraceSegments;

impl Action for PutTraceSegments {
    const NAME: &'static str = "PutTraceSegments";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/TraceSegments", 200));
    // The call is no part of what it tells of.
    const TELLS: bool = true;
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: Input) -> Result<Output, ServiceError> {
        if input.trace_segment_documents.len() > DOCUMENTS_MAX {
            let rule = format!("have length less than or equal to {DOCUMENTS_MAX}");
            return Err(constraint("traceSegmentDocuments", &rule));
        }
        let put = input.trace_segment_documents.iter().map(|document| xray.put(document));
        let unprocessed = put.filter_map(Result::err).map(|rejected| Unprocessed {
            message: rejected.message(),
            error_code: rejected.code,
            id: rejected.id,
        });
        Ok(Output { unprocessed_trace_segments: unprocessed.collect() })
    }
}
