//! The hops of a journey: those of its trace, and of traces that grew out of it: an invocation for messages of several
//! traces has one of its own, and so has what was started again.

use std::collections::{HashMap, HashSet, VecDeque};

use engine::{Engine, Error, HopKey, KeptHop, MOVED_FROM, SpanId, TraceId};

use crate::limits::{HOPS_OF_JOURNEY_MAX, HOPS_OF_TRACE_MAX, TRACES_MAX};

/// A hop's name among all: the part that tells its trace apart, and its span.
pub(crate) type Name = (u128, SpanId);

/// Hops and what brought them about.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) hops: HashMap<Name, KeptHop>,
    /// Of hops of other traces: the hop of the journey that they name in a link.
    pub(crate) grown_from: HashMap<Name, Name>,
    /// There are more than were looked at.
    pub(crate) cut_short: bool,
}

pub(crate) fn name(kept: &KeptHop) -> Name {
    (kept.hop.trace.unique(), kept.hop.span)
}

/// Everything that belongs to a trace.
pub(crate) async fn gather(engine: &dyn Engine, trace: TraceId) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let mut seen = HashSet::from([trace.unique()]);
    // A trace, and of it what comes from one hop; all of it without. A message that was moved has a trace of its own name:
    // what happened to it hangs below the move.
    let mut left = VecDeque::from([(trace, None, None)]);
    while let Some((trace, root, moved)) = left.pop_front() {
        let found = engine.find(HopKey::Trace(trace), None, HOPS_OF_TRACE_MAX).await?;
        gathered.cut_short |= found.len() >= HOPS_OF_TRACE_MAX;
        let own = wanted(&found, trace, root);
        for kept in found {
            let name = name(&kept);
            if name.0 == trace.unique() {
                if own.as_ref().is_none_or(|own| own.contains(&kept.hop.span)) {
                    if let Some(moved) = moved.filter(|_| Some(kept.hop.parent) == root) {
                        gathered.grown_from.entry(name).or_insert(moved);
                    }
                    let named_by_itself = TraceId(kept.hop.id);
                    if kept.hop.note(MOVED_FROM).is_some()
                        && seen.len() < TRACES_MAX
                        && seen.insert(named_by_itself.unique())
                    {
                        left.push_back((named_by_itself, Some(kept.hop.span), Some(name)));
                    }
                    gathered.add(name, kept);
                }
                continue;
            }
            // It names a hop of this trace.
            let link = kept.hop.links.iter().find(|link| {
                link.trace.unique() == trace.unique()
                    && own.as_ref().is_none_or(|own| own.contains(&link.span))
            });
            let Some(link) = link else { continue };
            gathered.grown_from.entry(name).or_insert((trace.unique(), link.span));
            if seen.len() >= TRACES_MAX {
                gathered.cut_short = true;
            } else if seen.insert(name.0) {
                left.push_back((kept.hop.trace, Some(kept.hop.span), None));
            }
            gathered.add(name, kept);
        }
    }
    Ok(gathered)
}

impl Gathered {
    /// The traces that hops of a trace name in links: what grew out of them belongs to their journeys.
    pub(crate) fn grew_out_of(&self, trace: TraceId) -> Vec<TraceId> {
        let own = self.hops.values().filter(|kept| kept.hop.trace.unique() == trace.unique());
        let links = own.flat_map(|kept| &kept.hop.links).map(|link| link.trace);
        links.filter(|linked| linked.unique() != trace.unique()).collect()
    }

    /// The first one that comes is the newest, and counts.
    fn add(&mut self, name: Name, kept: KeptHop) {
        if self.hops.len() >= HOPS_OF_JOURNEY_MAX {
            self.cut_short = true;
        } else {
            self.hops.entry(name).or_insert(kept);
        }
    }
}

/// The spans of a trace that come from one of them.
fn wanted(found: &[KeptHop], trace: TraceId, root: Option<SpanId>) -> Option<HashSet<SpanId>> {
    let root = root?;
    let mut children: HashMap<SpanId, Vec<SpanId>> = HashMap::new();
    for kept in found.iter().filter(|kept| kept.hop.trace.unique() == trace.unique()) {
        children.entry(kept.hop.parent).or_default().push(kept.hop.span);
    }
    let (mut wanted, mut left) = (HashSet::from([root]), vec![root]);
    while let Some(span) = left.pop() {
        for child in children.get(&span).into_iter().flatten() {
            if wanted.insert(*child) {
                left.push(*child);
            }
        }
    }
    Some(wanted)
}
