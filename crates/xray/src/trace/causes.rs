//! Why a trace failed: from the service at its root to the one in which the fault or error began.

use serde::Serialize;

use super::{Nodes, Service, Trace};
use crate::document::Document;

/// AWS's `FaultRootCause` and `ErrorRootCause`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RootCause {
    pub(crate) services: Vec<CauseService>,
    /// Its fault went all the way up.
    pub(crate) client_impacting: bool,
}

/// A service on the way.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CauseService {
    #[serde(flatten)]
    pub(crate) service: Service,
    pub(crate) entity_path: Vec<Entity>,
    pub(crate) inferred: bool,
}

/// A segment or subsegment on the way.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) exceptions: Vec<CauseException>,
    pub(crate) remote: bool,
}

/// What was thrown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CauseException {
    pub(crate) name: String,
    pub(crate) message: String,
}

/// Root causes of one trace.
const CAUSES_MAX: usize = 20;

/// The causes of all that a trace has of one kind of failure.
pub(crate) fn root_causes(trace: &Trace, nodes: &Nodes<'_>, failed: fn(&Document) -> bool) -> Vec<RootCause> {
    let failures: Vec<usize> =
        (0..trace.segments.len()).filter(|index| failed(&trace.segments[*index].document)).collect();
    let parents: Vec<Option<usize>> = trace
        .segments
        .iter()
        .enumerate()
        .map(|(index, segment)| nodes.parent_of(&segment.document, index))
        .collect();
    let begins_here = |index: &&usize| !failures.iter().any(|other| parents[*other] == Some(**index));
    failures
        .iter()
        .filter(begins_here)
        .take(CAUSES_MAX)
        .map(|index| root_cause(trace, &parents, *index, failed))
        .collect()
}

fn root_cause(
    trace: &Trace,
    parents: &[Option<usize>],
    index: usize,
    failed: fn(&Document) -> bool,
) -> RootCause {
    let mut way = vec![index];
    while let Some(parent) = parents[way[way.len() - 1]]
        && !way.contains(&parent)
    {
        way.push(parent);
    }
    way.reverse();
    let document = |index: usize| &trace.segments[index].document;
    let services = way.iter().enumerate().map(|(at, index)| {
        let next = way.get(at + 1).and_then(|next| document(*next).parent_id.as_deref());
        CauseService {
            service: Service::of(document(*index)),
            entity_path: path(document(*index), next, failed),
            inferred: false,
        }
    });
    let client_impacting = way.iter().all(|index| failed(document(*index)));
    RootCause { services: services.collect(), client_impacting }
}

/// From a segment to the subsegment of an id; without one, to where the failure began.
fn path(segment: &Document, to: Option<&str>, failed: fn(&Document) -> bool) -> Vec<Entity> {
    let mut path = vec![entity(segment)];
    let mut at = segment;
    loop {
        let next = at.below().iter().find(|below| match to {
            Some(id) => leads_to(below, id),
            None => failed(below),
        });
        let Some(next) = next else { return path };
        path.push(entity(next));
        at = next;
    }
}

fn leads_to(document: &Document, id: &str) -> bool {
    document.id() == id || document.below().iter().any(|below| leads_to(below, id))
}

fn entity(document: &Document) -> Entity {
    let exceptions = document.exceptions().iter().map(|exception| CauseException {
        name: exception.kind.clone().unwrap_or_default(),
        message: exception.message.clone().unwrap_or_default(),
    });
    Entity {
        name: document.name().to_owned(),
        exceptions: exceptions.collect(),
        remote: document.namespace.is_some(),
    }
}
