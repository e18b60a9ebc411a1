//! What brought what about in the last minutes, and where it failed: counts between resources, learnt from hops as they are
//! written, so that nothing has to be read for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use engine::{Flow, FlowKind, Hop, HopKind, HopOutcome, SpanId, Timestamp};

use crate::limits::{EARLY_OF_SPAN_MAX, FLOW_MINUTES, FLOWS_MAX, SPANS_MAX};

type Between = (Arc<str>, Arc<str>, FlowKind);

#[derive(Debug, Default)]
pub(crate) struct Flows {
    /// Of hops that bring others about: to what they happened.
    spans: HashMap<SpanId, Arc<str>>,
    order: VecDeque<SpanId>,
    /// What was told before that which brought it about: a publish is told when all its sends are, a call when it is
    /// answered.
    early: HashMap<SpanId, Vec<Early>>,
    early_order: VecDeque<SpanId>,
    early_count: usize,
    counts: HashMap<Between, Counts>,
}

/// Something counted as come from nowhere, until more is known.
#[derive(Debug)]
struct Early {
    to: Arc<str>,
    kind: FlowKind,
    minute: u64,
    times: Times,
}

/// Of each of the last minutes: which one it is, how many, and how many of them failed.
#[derive(Debug, Default)]
struct Counts([(u64, u64, u64); FLOW_MINUTES]);

/// How often something happened, and how often it failed.
#[derive(Clone, Copy, Debug)]
struct Times {
    all: u64,
    failed: u64,
}

fn minute(at: Timestamp) -> u64 {
    at.0 / 60_000
}

impl Counts {
    fn add(&mut self, now: u64, times: Times) {
        let slots = FLOW_MINUTES as u64;
        let slot = &mut self.0[usize::try_from(now % slots).unwrap_or(0)];
        if slot.0 != now {
            *slot = (now, 0, 0);
        }
        slot.1 += times.all;
        slot.2 += times.failed;
    }

    fn take(&mut self, minute: u64, times: Times) {
        for slot in self.0.iter_mut().filter(|slot| slot.0 == minute) {
            slot.1 = slot.1.saturating_sub(times.all);
            slot.2 = slot.2.saturating_sub(times.failed);
        }
    }

    fn sum(&self, now: u64) -> (u64, u64) {
        let recent = self.0.iter().filter(|slot| slot.0 + (FLOW_MINUTES as u64) > now);
        recent.fold((0, 0), |(all, failed), slot| (all + slot.1, failed + slot.2))
    }
}

impl Flows {
    /// Learns from a hop, which stands for so many: of so many traces one is kept.
    pub(crate) fn note(&mut self, hop: &Hop, one_of: u64, now: Timestamp) {
        let is_s3 = hop.kind == HopKind::Call && hop.resource.starts_with("arn:aws:s3:");
        if is_s3 || matches!(hop.kind, HopKind::Publish | HopKind::Invoke) {
            self.remember(hop);
        }
        let has_failed = matches!(hop.outcome, HopOutcome::Failed | HopOutcome::Refused);
        let times = |all: u64| Times { all, failed: if has_failed { all } else { 0 } };
        let kind = match hop.kind {
            // It is told again when it has ended.
            _ if matches!(hop.outcome, HopOutcome::Running | HopOutcome::Skipped) => return,
            HopKind::Send | HopKind::Publish => FlowKind::Message,
            HopKind::Invoke => FlowKind::Invocation,
            HopKind::Call if is_s3 => match hop.note("action") {
                Some(action) if action.starts_with("Get") || action.starts_with("Head") => FlowKind::Read,
                Some(action) if action.starts_with("List") => FlowKind::Read,
                _ => FlowKind::Write,
            },
            HopKind::DeadLetter => {
                let from: Arc<str> = hop.note("from").unwrap_or_default().into();
                let times = Times { all: one_of, failed: one_of };
                let between = (from, Arc::clone(&hop.resource), FlowKind::DeadLetter);
                return self.count(between, minute(now), times);
            }
            HopKind::Deliver => FlowKind::Delivery,
            _ => return,
        };
        // A batch is of several traces, each with the others' chance to be kept.
        let source = hop.note("eventSource").filter(|_| hop.kind == HopKind::Invoke);
        if let Some(queue) = source {
            let between = (queue.into(), Arc::clone(&hop.resource), FlowKind::Mapping);
            self.count(between, minute(now), times(one_of.saturating_mul(hop.count.into())));
        }
        let from = self.spans.get(&hop.parent).cloned();
        if from.is_none() && hop.parent != SpanId(0) {
            let (to, minute) = (Arc::clone(&hop.resource), minute(now));
            self.keep_early(hop.parent, Early { to, kind, minute, times: times(one_of) });
        }
        let from = from.unwrap_or_else(|| "".into());
        self.count((from, Arc::clone(&hop.resource), kind), minute(now), times(one_of));
    }

    fn remember(&mut self, hop: &Hop) {
        if self.spans.insert(hop.span, Arc::clone(&hop.resource)).is_none() {
            self.order.push_back(hop.span);
            for Early { to, kind, minute, times } in self.take_early(hop.span) {
                if let Some(counts) = self.counts.get_mut(&("".into(), Arc::clone(&to), kind)) {
                    counts.take(minute, times);
                }
                self.count((Arc::clone(&hop.resource), to, kind), minute, times);
            }
        }
        if self.order.len() > SPANS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.spans.remove(&oldest);
        }
    }

    fn keep_early(&mut self, parent: SpanId, early: Early) {
        let siblings = self.early.entry(parent).or_default();
        if siblings.is_empty() {
            self.early_order.push_back(parent);
        }
        if siblings.len() < EARLY_OF_SPAN_MAX {
            siblings.push(early);
            self.early_count += 1;
        }
        while self.early_count.max(self.early_order.len()) > SPANS_MAX
            && let Some(oldest) = self.early_order.pop_front()
        {
            self.take_early(oldest);
        }
    }

    fn take_early(&mut self, span: SpanId) -> Vec<Early> {
        let early = self.early.remove(&span).unwrap_or_default();
        self.early_count -= early.len();
        early
    }

    fn count(&mut self, between: Between, now: u64, times: Times) {
        if self.counts.len() >= FLOWS_MAX && !self.counts.contains_key(&between) {
            self.counts.retain(|_, counts| counts.sum(now).0 > 0);
            if self.counts.len() >= FLOWS_MAX {
                return;
            }
        }
        self.counts.entry(between).or_default().add(now, times);
    }

    /// What there was in the last minutes, the most first.
    pub(crate) fn recent(&self, now: Timestamp, limit: usize) -> Vec<Flow> {
        let now = minute(now);
        let flow = |((from, to, kind), counts): (&Between, &Counts)| {
            let (count, failed) = counts.sum(now);
            Flow { from: Arc::clone(from), to: Arc::clone(to), kind: *kind, count, failed }
        };
        let mut flows: Vec<Flow> = self.counts.iter().map(flow).filter(|flow| flow.count > 0).collect();
        flows.sort_by(|left, right| {
            (right.failed, right.count, &left.to).cmp(&(left.failed, left.count, &right.to))
        });
        flows.truncate(limit);
        flows
    }
}

#[cfg(test)]
mod tests {
    use engine::{Link, TraceId};

    use super::*;

    fn hop(kind: HopKind, span: u64, parent: u64, resource: &str) -> Hop {
        let link = Link { trace: TraceId(1), span: SpanId(span) };
        Hop::new(kind, link, SpanId(parent), Timestamp(1), resource.into())
    }

    fn told(flows: &Flows, now: u64) -> Vec<(String, u64, u64)> {
        let told =
            |flow: Flow| (format!("{}>{} {:?}", flow.from, flow.to, flow.kind), flow.count, flow.failed);
        flows.recent(Timestamp(now), 100).into_iter().map(told).collect()
    }

    #[test]
    fn what_a_function_brings_about_is_learnt_and_forgotten() {
        let mut flows = Flows::default();
        let begun = hop(HopKind::Invoke, 1, 0, "f");
        flows.note(&Hop { outcome: HopOutcome::Running, ..begun.clone() }, 1, Timestamp(0));
        flows.note(
            &hop(HopKind::Call, 2, 1, "arn:aws:s3:::b").noting("action", "GetObject"),
            1,
            Timestamp(0),
        );
        flows.note(&hop(HopKind::Publish, 3, 1, "t"), 1, Timestamp(0));
        flows.note(&hop(HopKind::Send, 4, 3, "q"), 1, Timestamp(0));
        flows.note(&hop(HopKind::Send, 5, 3, "q"), 1, Timestamp(60_000));
        flows.note(&Hop { outcome: HopOutcome::Failed, ..begun }, 1, Timestamp(60_000));
        let skipped = Hop { outcome: HopOutcome::Skipped, ..hop(HopKind::Send, 6, 1, "held") };
        flows.note(&skipped, 1, Timestamp(60_000));
        let mut found = told(&flows, 60_000);
        found.sort();
        assert_eq!(
            found,
            [
                (">f Invocation".to_owned(), 1, 1),
                ("f>arn:aws:s3:::b Read".to_owned(), 1, 0),
                ("f>t Message".to_owned(), 1, 0),
                ("t>q Message".to_owned(), 2, 0),
            ]
        );
        let minutes = FLOW_MINUTES as u64;
        assert_eq!(told(&flows, minutes * 60_000).len(), 2, "the first minute is over");
        assert!(told(&flows, 2 * minutes * 60_000).is_empty());
    }

    #[test]
    fn what_is_told_before_its_cause_is_its_own_all_the_same() {
        let mut flows = Flows::default();
        let failed = Hop { outcome: HopOutcome::Failed, ..hop(HopKind::Send, 3, 1, "q") };
        flows.note(&hop(HopKind::Send, 2, 1, "q"), 1, Timestamp(0));
        flows.note(&failed, 1, Timestamp(60_000));
        flows.note(&hop(HopKind::Send, 4, 9, "q"), 1, Timestamp(60_000));
        flows.note(&hop(HopKind::Publish, 1, 0, "t"), 1, Timestamp(60_000));
        let mut found = told(&flows, 60_000);
        found.sort();
        let wanted = [
            (">q Message".to_owned(), 1, 0),
            (">t Message".to_owned(), 1, 0),
            ("t>q Message".to_owned(), 2, 1),
        ];
        assert_eq!(found, wanted);
        let minutes = FLOW_MINUTES as u64;
        assert!(
            told(&flows, minutes * 60_000).contains(&("t>q Message".to_owned(), 1, 1)),
            "each in its minute"
        );
    }

    #[test]
    fn what_is_kept_of_a_share_of_the_traces_stands_for_all() {
        let mut flows = Flows::default();
        let batch = hop(HopKind::Invoke, 1, 0, "f").noting("eventSource", "q");
        flows.note(&Hop { count: 10, ..batch.clone() }, 4, Timestamp(0));
        flows.note(&Hop { count: 5, outcome: HopOutcome::Failed, ..batch }, 1, Timestamp(0));
        let mut found = told(&flows, 0);
        found.sort();
        assert_eq!(found, [(">f Invocation".to_owned(), 5, 1), ("q>f Mapping".to_owned(), 45, 5)]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut flows = Flows::default();
        for number in 0..(SPANS_MAX as u64 + 10) {
            flows.note(&hop(HopKind::Publish, number + 1, 0, "t"), 1, Timestamp(0));
        }
        assert!(flows.spans.len() <= SPANS_MAX && flows.order.len() <= SPANS_MAX);
        for number in 0..(SPANS_MAX as u64 + 10) {
            flows.note(&hop(HopKind::Send, 1, number + 1_000_000, "q"), 1, Timestamp(0));
            flows.note(&hop(HopKind::Send, 1, 7_777_777, "q"), 1, Timestamp(0));
        }
        assert!(flows.early.len() <= SPANS_MAX && flows.early_order.len() <= SPANS_MAX);
        let kept: usize = flows.early.values().map(Vec::len).sum();
        assert!(flows.early_count == kept && kept <= SPANS_MAX, "{kept}");
        assert!(flows.early.values().all(|early| early.len() <= EARLY_OF_SPAN_MAX));
        flows = Flows::default();
        for number in 0..FLOWS_MAX + 10 {
            flows.note(&hop(HopKind::Send, 1, 0, &number.to_string()), 1, Timestamp(0));
        }
        assert_eq!(flows.counts.len(), FLOWS_MAX);
        flows.note(&hop(HopKind::Send, 1, 0, "later"), 1, Timestamp(3_600_000));
        assert_eq!(flows.counts.len(), 1, "what is long over makes room");
    }
}
