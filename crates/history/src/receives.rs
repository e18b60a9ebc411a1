//! Receives whose message is not settled yet: who settles it names the receive only, and its trace is found here.

use std::collections::{HashMap, VecDeque};

use engine::{SpanId, TraceId};

use crate::limits::RECEIVES_MAX;

#[derive(Debug, Default)]
pub(crate) struct Receives {
    traces: HashMap<SpanId, TraceId>,
    order: VecDeque<SpanId>,
}

impl Receives {
    pub(crate) fn note(&mut self, receive: SpanId, trace: TraceId) {
        if self.order.len() >= RECEIVES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.traces.remove(&oldest);
        }
        if self.traces.insert(receive, trace).is_none() {
            self.order.push_back(receive);
        }
    }

    pub(crate) fn trace_of(&self, receive: SpanId) -> Option<TraceId> {
        self.traces.get(&receive).copied()
    }
}
