//! PutTelemetryRecords: how a daemon fares.
//!
//! Differs from AWS: records are checked and written to the log; there is no daemon of ours that they could be about.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_PutTelemetryRecords.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    telemetry_records: Vec<Record>,
    hostname: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    timestamp: f64,
    segments_received_count: Option<u64>,
    segments_sent_count: Option<u64>,
    segments_spillover_count: Option<u64>,
    segments_rejected_count: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Output {}

pub(crate) struct PutTelemetryRecords;

impl Action for PutTelemetryRecords {
    const NAME: &'static str = "PutTelemetryRecords";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/TelemetryRecords", 200));
    const TELLS: bool = true;
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(_: &Xray, _: &Context, input: Input) -> Result<Output, ServiceError> {
        for record in &input.telemetry_records {
            tracing::debug!(
                hostname = input.hostname,
                at = record.timestamp,
                received = record.segments_received_count,
                sent = record.segments_sent_count,
                spilled = record.segments_spillover_count,
                rejected = record.segments_rejected_count,
                "a daemon tells how it fares"
            );
        }
        Ok(Output {})
    }
}
