//! Traces that were met lately: the first hop of one that another program began is where people find it.

use std::collections::{HashSet, VecDeque};

use engine::{Hop, TraceId};

use crate::keys;
use crate::limits::TRACES_SEEN_MAX;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    traces: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Whether a hop is the first of its trace; receives and settlements follow others.
    pub(crate) fn is_first(&mut self, hop: &Hop) -> bool {
        if keys::is_frequent(hop.kind) || hop.trace == TraceId(0) {
            return false;
        }
        let number = keys::number(&engine::HopKey::Trace(hop.trace));
        if !self.traces.insert(number) {
            return false;
        }
        self.order.push_back(number);
        if self.order.len() > TRACES_SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.traces.remove(&oldest);
        }
        true
    }
}
