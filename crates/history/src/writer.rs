//! From hops to bytes: traces found for those that do not know theirs, keys noted, records appended.

use std::io;

use engine::{Hop, HopKey, HopKind, MOVED_FROM, SpanId, Timestamp, TraceId};

use crate::flows::Flows;
use crate::index::Span;
use crate::keys;
use crate::places::Places;
use crate::receives::Receives;
use crate::record;
use crate::segments::Segments;
use crate::thinning::{Budget, Thinning, units};

pub(crate) struct Writer {
    pub(crate) segments: Segments,
    receives: Receives,
    pub(crate) flows: Flows,
    budget: Budget,
    /// Hops written since the start.
    pub(crate) recorded: u64,
    bytes: Vec<u8>,
    keys: Vec<u64>,
    entries: Vec<(u64, u32)>,
}

impl Writer {
    pub(crate) fn new(segments: Segments, now: Timestamp) -> Self {
        Self {
            segments,
            receives: Receives::default(),
            flows: Flows::default(),
            budget: Budget::new(now),
            recorded: 0,
            bytes: Vec::new(),
            keys: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Writes hops in the order they were recorded.
    pub(crate) fn write(
        &mut self,
        hops: &mut Vec<Hop>,
        places: &Places,
        thinning: &Thinning,
        now: Timestamp,
    ) -> io::Result<()> {
        let (mut spent, mut span) = (0, Span::default());
        for mut hop in hops.drain(..) {
            spent += units(&hop);
            let mut known = self.complete(&mut hop)?;
            if !known && hop.id != 0 {
                // The message that it is about may have come a moment before, with the same hops.
                self.append(span, now)?;
                known = self.complete(&mut hop)?;
            }
            if !known {
                continue;
            }
            self.flows.note(&hop, thinning.one_of(), now);
            let offset = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
            record::encode(&hop, &mut self.bytes);
            self.keys.clear();
            let is_first = self.segments.seen.is_first(&hop);
            keys::of(&hop, is_first, places, &mut self.keys);
            self.entries.extend(self.keys.iter().map(|key| (*key, offset)));
            span.include(hop.at);
            self.recorded += 1;
        }
        self.budget.spend(spent, now, thinning);
        self.append(span, now)
    }

    /// Appends what is encoded so far.
    fn append(&mut self, span: Span, now: Timestamp) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let appended = self.segments.append(&self.bytes, self.entries.drain(..), span, now);
        self.bytes.clear();
        appended
    }

    /// Finds the trace of a hop that names its message or receive only; whether there is one.
    fn complete(&mut self, hop: &mut Hop) -> io::Result<bool> {
        if hop.kind == HopKind::Receive {
            self.receives.note(hop.span, hop.trace);
        }
        if hop.trace != TraceId(0) {
            return Ok(true);
        }
        // A message that is moved becomes another one.
        let moved = hop.note(MOVED_FROM).and_then(|old| u128::from_str_radix(old, 16).ok());
        let trace = match (self.receives.trace_of(hop.parent), moved.unwrap_or(hop.id)) {
            (Some(trace), _) => Some(trace),
            (None, 0) => None,
            (None, id) => self.trace_of_message(id)?,
        };
        hop.trace = trace.unwrap_or_default();
        Ok(trace.is_some())
    }

    /// What happens to a message that nobody received is rare enough to be looked up.
    fn trace_of_message(&self, id: u128) -> io::Result<Option<TraceId>> {
        let span = SpanId::of(id);
        let found = self.segments.find(&HopKey::Id(id), u64::MAX, 8)?;
        let sent = found.into_iter().find(|kept| kept.hop.kind == HopKind::Send && kept.hop.span == span);
        Ok(sent.map(|kept| kept.hop.trace))
    }
}
