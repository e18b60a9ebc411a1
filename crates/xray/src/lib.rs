//! X-Ray: the AWS face of journeys.
//!
//! `document/` reads the segments that instrumented code tells and makes hops of them; `trace/` is a trace put together of
//! those and of our own hops; `search.rs` finds traces, `filter/` is what they are asked for; `summary.rs` and `graph.rs`
//! are how they are told. `sampling/` and `groups.rs` keep what users set; `daemon.rs` is the daemon's UDP port.
//!
//! One X-Ray serves the whole server: traces, rules and groups are not kept apart by account and Region, because a
//! journey crosses them and a daemon has neither.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/Welcome.html>

mod actions;
pub mod daemon;
mod document;
mod errors;
mod filter;
mod graph;
mod groups;
mod limits;
mod put;
mod records;
mod sampling;
mod search;
mod summary;
#[cfg(test)]
mod tests;
mod times;
mod trace;

use std::sync::Arc;

use engine::{Clock, Engine};
use service::{Ids, Row, Speaks, row};

/// The actions.
pub const ACTIONS: &[Row<Xray>] = &[
    row::<actions::BatchGetTraces>(),
    row::<actions::CreateGroup>(),
    row::<actions::CreateSamplingRule>(),
    row::<actions::DeleteGroup>(),
    row::<actions::DeleteSamplingRule>(),
    row::<actions::GetEncryptionConfig>(),
    row::<actions::GetGroup>(),
    row::<actions::GetGroups>(),
    row::<actions::GetInsight>(),
    row::<actions::GetInsightEvents>(),
    row::<actions::GetInsightImpactGraph>(),
    row::<actions::GetInsightSummaries>(),
    row::<actions::GetSamplingRules>(),
    row::<actions::GetSamplingStatisticSummaries>(),
    row::<actions::GetSamplingTargets>(),
    row::<actions::GetServiceGraph>(),
    row::<actions::GetTraceGraph>(),
    row::<actions::GetTraceSummaries>(),
    row::<actions::PutEncryptionConfig>(),
    row::<actions::PutTelemetryRecords>(),
    row::<actions::PutTraceSegments>(),
    row::<actions::UpdateGroup>(),
    row::<actions::UpdateSamplingRule>(),
];

/// The service's state: traces live in the engine's history, rules and groups in its registry.
pub struct Xray {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) statistics: sampling::Statistics,
}

impl Xray {
    /// Over an engine.
    pub fn new(engine: Arc<dyn Engine>, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { engine, ids, clock, statistics: sampling::Statistics::default() })
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Xray>) -> service::Service {
    let speaks = Speaks { json_target: None, query: None, on_decode_error: errors::on_decode_error };
    service::bind("xray", speaks, ACTIONS, state)
}
