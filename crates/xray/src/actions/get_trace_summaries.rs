//! GetTraceSummaries: traces of some time that fit a filter expression, the newest first.
//!
//! Differs from AWS: `Sampling` thins nothing, all traces are looked at; root causes of response times are not told.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::search::{TimeRangeType, expression, position};
use crate::summary::TraceSummary;
use crate::times::{TimeRange, seconds};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    start_time: f64,
    end_time: f64,
    time_range_type: Option<String>,
    #[serde(rename = "Sampling")]
    _sampling: Option<bool>,
    filter_expression: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    trace_summaries: Vec<TraceSummary>,
    approximate_time: f64,
    traces_processed_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct GetTraceSummaries;

impl Action for GetTraceSummaries {
    const NAME: &'static str = "GetTraceSummaries";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/TraceSummaries", 200));
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(xray: &Xray, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let range = TimeRange::of(input.start_time, input.end_time)?;
        let by = TimeRangeType::parse(input.time_range_type.as_deref())?;
        let filter = expression(input.filter_expression.as_deref())?;
        let before = position(input.next_token.as_deref())?;
        let found = xray.search(range, by, filter.as_ref(), before).await?;
        let of = |trace| TraceSummary::of(trace, by == TimeRangeType::Event);
        Ok(Output {
            trace_summaries: found.traces.iter().map(of).collect(),
            approximate_time: range.end.min(seconds(context.now)),
            traces_processed_count: found.processed,
            next_token: found.next.map(|position| position.to_string()),
        })
    }
}
