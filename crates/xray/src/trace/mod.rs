//! A trace: segments that instrumented code told, and those that our own hops come to.
//!
//! `own.rs` writes the segments of our hops, `merge.rs` puts subsegments that came by themselves where they belong,
//! `nodes.rs` finds the services of a trace and who called whom, `causes.rs` why it failed.

mod causes;
mod merge;
mod nodes;
mod own;

use std::collections::HashMap;

use engine::{Error, HopKey, HopKind, KeptHop, SpanId, Timestamp, TraceId};
use serde::Deserialize as _;
use serde_json::Value as Json;

use crate::document::Document;
use crate::limits::{HOPS_OF_TRACE_MAX, TRACE_BYTES_MAX};
use crate::{Xray, search};

pub(crate) use causes::{RootCause, root_causes};
pub(crate) use nodes::{Nodes, Service};

/// A trace.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// In order of time.
    pub(crate) segments: Vec<Segment>,
    /// There is more than fits.
    pub(crate) cut_short: bool,
    /// Grows with each hop.
    pub(crate) revision: u64,
    /// The newest hop by which it is listed; it is listed once.
    pub(crate) listed_at: u64,
}

/// A segment with all that happened within.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) document: Document,
    /// Its whole text.
    pub(crate) text: String,
}

impl Segment {
    fn of(json: &Json) -> Option<Self> {
        Some(Self { document: Document::deserialize(json).ok()?, text: json.to_string() })
    }
}

impl Xray {
    /// A trace as it is known by now; `None` where nothing is.
    pub(crate) async fn trace(&self, id: TraceId) -> Result<Option<Trace>, Error> {
        let found = self.engine.find(HopKey::Trace(id), None, HOPS_OF_TRACE_MAX).await?;
        let mut cut_short = found.len() >= HOPS_OF_TRACE_MAX;
        let mut hops: HashMap<SpanId, KeptHop> = HashMap::new();
        for kept in found.into_iter().filter(|kept| kept.hop.trace.unique() == id.unique()) {
            // The newest comes first, and counts.
            hops.entry(kept.hop.span).or_insert(kept);
        }
        let Some(revision) = hops.values().map(|kept| kept.position).max() else { return Ok(None) };
        let listed = hops.values().filter(|kept| search::is_listed(kept)).map(|kept| kept.position);
        let listed_at = listed.max().unwrap_or_default();
        let id = hops.values().next().map_or(id, |kept| kept.hop.trace);
        let mut documents = own::documents(id, &hops);
        let mut bytes = 0;
        for kept in hops.values().filter(|kept| kept.hop.kind == HopKind::Segment && kept.payload_bytes > 0) {
            bytes += kept.payload_bytes as usize;
            if bytes > TRACE_BYTES_MAX {
                cut_short = true;
                break;
            }
            let whole = self.engine.hop(kept.position).await?;
            documents.extend(whole.and_then(|whole| serde_json::from_slice(&whole.hop.payload).ok()));
        }
        let segments = in_order(documents);
        Ok((!segments.is_empty()).then_some(Trace { id, segments, cut_short, revision, listed_at }))
    }
}

/// The segments of documents, by time.
fn in_order(documents: Vec<Json>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = merge::merge(documents).iter().filter_map(Segment::of).collect();
    segments.sort_by(|one, other| {
        let (one, other) = (&one.document, &other.document);
        one.start().total_cmp(&other.start()).then_with(|| one.id().cmp(other.id()))
    });
    segments
}

impl Trace {
    /// For tests of what is made of traces.
    #[cfg(test)]
    pub(crate) fn of_documents(documents: Vec<Json>) -> Self {
        let segments = in_order(documents);
        Self { id: TraceId(1), segments, cut_short: false, revision: 1, listed_at: 1 }
    }

    /// The first segment that no other brought about.
    pub(crate) fn root(&self) -> &Document {
        let known = |parent: &str| {
            let mut found = false;
            for segment in &self.segments {
                segment.document.walk(&mut |document| found |= document.id() == parent);
            }
            found
        };
        let root = self
            .segments
            .iter()
            .find(|segment| segment.document.parent_id.as_deref().is_none_or(|parent| !known(parent)));
        &root.unwrap_or(&self.segments[0]).document
    }

    /// Seconds since 1970.
    pub(crate) fn start(&self) -> f64 {
        self.segments.iter().map(|segment| segment.document.start()).fold(f64::INFINITY, f64::min)
    }

    /// Seconds since 1970.
    pub(crate) fn end(&self) -> f64 {
        self.segments.iter().map(|segment| segment.document.end()).fold(0.0, f64::max)
    }

    pub(crate) fn duration(&self) -> f64 {
        round(self.end() - self.start())
    }

    pub(crate) fn is_partial(&self) -> bool {
        self.segments.iter().any(|segment| segment.document.is_in_progress())
    }
}

/// When a trace's id says that it began.
pub(crate) fn begun(id: TraceId) -> Timestamp {
    Timestamp(u64::try_from(id.0 >> 96).unwrap_or_default().saturating_mul(1000))
}

/// Seconds to the microsecond: floats of milliseconds since 1970 have noise behind it.
pub(crate) fn round(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
