//! X-Ray's quotas and our own bounds.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/xray.html>

use std::time::Duration;

/// Bytes of a segment document (AWS).
pub(crate) const DOCUMENT_BYTES_MAX: usize = 64 << 10;
/// Documents of one PutTraceSegments. AWS names no bound; its daemon sends 50.
pub(crate) const DOCUMENTS_MAX: usize = 500;
/// Characters of a segment's name (AWS).
pub(crate) const NAME_LENGTH_MAX: usize = 200;
/// Subsegments within one document that become hops; more are kept in the document only.
pub(crate) const SUBSEGMENTS_TOLD_MAX: usize = 200;
/// Annotations of one trace that are indexed (AWS).
pub(crate) const ANNOTATIONS_MAX: usize = 50;
/// Annotations of one segment that become notes of its hop.
pub(crate) const NOTES_MAX: usize = 20;
/// Characters of an annotation or of another text in a note.
pub(crate) const NOTE_LENGTH_MAX: usize = 1000;
/// A trace id's time may lie so far back (AWS keeps traces for 30 days).
pub(crate) const TRACE_AGE_MAX: Duration = Duration::from_hours(30 * 24);
/// Clocks may differ so far.
pub(crate) const CLOCK_SKEW_MAX: Duration = Duration::from_mins(10);
/// Trace ids of one BatchGetTraces (AWS's tools ask for five).
pub(crate) const BATCH_TRACES_MAX: usize = 100;
/// Traces of one page of summaries.
pub(crate) const SUMMARIES_PAGE: usize = 100;
/// Traces that one page looks at for a filter expression.
pub(crate) const LOOKED_AT_MAX: usize = 1_000;
/// Traces of one service graph: of a longer time, the newest.
pub(crate) const GRAPH_TRACES_MAX: usize = 2_000;
/// Hops of one trace; beyond, it is told that the limit is exceeded.
pub(crate) const HOPS_OF_TRACE_MAX: usize = 2_000;
/// Bytes of all documents of one trace in an answer (AWS: 500 KB).
pub(crate) const TRACE_BYTES_MAX: usize = 500 << 10;
/// GetTraceSummaries and GetServiceGraph look at so much time.
pub(crate) const TIME_RANGE_MAX: Duration = Duration::from_hours(24);
/// Characters of a filter expression.
pub(crate) const FILTER_LENGTH_MAX: usize = 2_000;
/// Expressions within expressions.
pub(crate) const FILTER_DEPTH_MAX: usize = 32;
/// Sampling rules of one store, the default rule besides (AWS).
pub(crate) const RULES_MAX: usize = 25;
/// Groups of one store (AWS).
pub(crate) const GROUPS_MAX: usize = 25;
/// Records that one look into the registry takes.
pub(crate) const REGISTRY_PAGE: usize = 100;
/// Statistics documents of one GetSamplingTargets (AWS).
pub(crate) const STATISTICS_MAX: usize = 25;
/// A service asks for its targets so often, seconds (AWS).
pub(crate) const TARGETS_INTERVAL_S: u32 = 10;
/// A reservoir's quota holds so long.
pub(crate) const QUOTA_TTL: Duration = Duration::from_secs(30);
/// Statistics that are remembered, for the summaries.
pub(crate) const SUMMARIES_KEPT: usize = 500;
