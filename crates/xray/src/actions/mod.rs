//! X-Ray's actions, one file each; those of groups, of sampling rules, of encryption and of insights, which are of one
//! shape, in a file a family.

mod batch_get_traces;
mod encryption;
mod get_service_graph;
mod get_trace_graph;
mod get_trace_summaries;
mod groups;
mod insights;
mod put_telemetry_records;
mod put_trace_segments;
mod sampling;

pub(crate) use batch_get_traces::BatchGetTraces;
pub(crate) use encryption::{GetEncryptionConfig, PutEncryptionConfig};
pub(crate) use get_service_graph::GetServiceGraph;
pub(crate) use get_trace_graph::GetTraceGraph;
pub(crate) use get_trace_summaries::GetTraceSummaries;
pub(crate) use groups::{CreateGroup, DeleteGroup, GetGroup, GetGroups, UpdateGroup};
pub(crate) use insights::{GetInsight, GetInsightEvents, GetInsightImpactGraph, GetInsightSummaries};
pub(crate) use put_telemetry_records::PutTelemetryRecords;
pub(crate) use put_trace_segments::PutTraceSegments;
pub(crate) use sampling::{
    CreateSamplingRule, DeleteSamplingRule, GetSamplingRules, GetSamplingStatisticSummaries,
    GetSamplingTargets, UpdateSamplingRule,
};
