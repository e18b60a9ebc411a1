//! Traces of a time, the newest first.

use std::collections::HashSet;

use engine::{HopKey, KeptHop, SpanId};
use service::ServiceError;

use crate::Xray;
use crate::errors::invalid;
use crate::filter::{self, Asked, Expression};
use crate::limits::{LOOKED_AT_MAX, SUMMARIES_PAGE};
use crate::times::{TimeRange, seconds};
use crate::trace::{Nodes, Trace, begun};

/// Which of a trace's times is to lie in the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeRangeType {
    /// The one in its id.
    #[default]
    TraceId,
    /// That of its last change.
    Event,
    /// The end of one of its segments.
    Service,
}

impl TimeRangeType {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, ServiceError> {
        match text {
            None | Some("TraceId") => Ok(Self::TraceId),
            Some("Event") => Ok(Self::Event),
            Some("Service") => Ok(Self::Service),
            Some(_) => Err(crate::errors::constraint(
                "timeRangeType",
                "satisfy enum value set: [TraceId, Event, Service]",
            )),
        }
    }
}

/// Traces that fit, and where to go on.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) traces: Vec<Trace>,
    /// Traces that were looked at.
    pub(crate) processed: usize,
    pub(crate) next: Option<u64>,
}

/// Beginnings that one look takes.
const HEADS: usize = 1_000;
/// Looks of one page.
const LOOKS: usize = 20;

impl Xray {
    /// A page of traces of a time.
    pub(crate) async fn search(
        &self,
        range: TimeRange,
        by: TimeRangeType,
        filter: Option<&Expression>,
        mut before: Option<u64>,
    ) -> Result<Found, ServiceError> {
        let groups = self.groups_of(filter).await?;
        let mut found = Found::default();
        let mut seen = HashSet::new();
        for _ in 0..LOOKS {
            let heads = self.engine.find(HopKey::Beginnings, before, HEADS).await?;
            let ended = heads.len() < HEADS;
            for head in heads {
                before = Some(head.position);
                if !may_fit(&head, range, by) || !seen.insert(head.hop.trace.unique()) {
                    continue;
                }
                let Some(trace) = self.trace(head.hop.trace).await? else { continue };
                if !fits(&trace, range, by) || trace.listed_at > head.position {
                    continue;
                }
                found.processed += 1;
                let nodes = Nodes::of(&trace);
                let asked = Asked { trace: &trace, nodes: &nodes, group: &|by, name| groups.find(by, name) };
                if filter.is_none_or(|filter| filter.fits(&asked)) {
                    found.traces.push(trace);
                }
                if found.traces.len() >= SUMMARIES_PAGE || found.processed >= LOOKED_AT_MAX {
                    found.next = before;
                    return Ok(found);
                }
            }
            if ended {
                return Ok(found);
            }
        }
        found.next = before;
        Ok(found)
    }
}

/// As far as the hop tells by which a trace is found.
fn may_fit(head: &KeptHop, range: TimeRange, by: TimeRangeType) -> bool {
    match by {
        TimeRangeType::TraceId => range.has_second(begun(head.hop.trace)),
        TimeRangeType::Event | TimeRangeType::Service => seconds(head.hop.at) <= range.end,
    }
}

fn fits(trace: &Trace, range: TimeRange, by: TimeRangeType) -> bool {
    match by {
        TimeRangeType::TraceId => true,
        TimeRangeType::Event => range.has(trace.end()),
        TimeRangeType::Service => trace.segments.iter().any(|segment| range.has(segment.document.end())),
    }
}

/// Whether the history lists a trace by a hop.
pub(crate) fn is_listed(kept: &KeptHop) -> bool {
    kept.hop.parent == SpanId(0) && kept.hop.links.is_empty()
}

/// Reads a filter expression. `InvalidRequestException` with the reason.
pub(crate) fn expression(text: Option<&str>) -> Result<Option<Expression>, ServiceError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let parsed = filter::parse(text);
    parsed.map(Some).map_err(|reason| invalid(format!("The filter expression cannot be read: {reason}.")))
}

/// Where a token says to go on.
pub(crate) fn position(token: Option<&str>) -> Result<Option<u64>, ServiceError> {
    let parsed = token.map(str::parse).transpose();
    parsed.map_err(|_| invalid("NextToken is not one of this action"))
}
