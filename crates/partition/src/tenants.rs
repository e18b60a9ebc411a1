//! Fair queues: on a standard queue a message's group names its tenant, and the messages of quiet tenants go first.
//!
//! A tenant is noisy by its share of messages in flight, or by its share of the time that consumers spend. It is quiet
//! again once both are no longer so, once nothing of it waits, or once it has sent nothing for a while. Who was noisy is
//! not kept: a restart begins with what is in flight.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html>

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use engine::Timestamp;

use crate::processing_time::ProcessingTime;

/// A tenant with fewer messages in flight is never noisy.
const NOISY_FROM: u64 = 30;
/// A tenant is noisy that has more than one in so many of all messages in flight, or of the time spent on all.
const NOISY_SHARE: u64 = 10;
/// Consumers that have spent less lately, milliseconds, are not busy: nobody takes their time from others. Ours; AWS
/// gives no figure.
const BUSY_FROM_MS: u64 = 30_000;
/// A tenant that has sent nothing for so long is quiet.
const SILENCE: Duration = Duration::from_mins(5);

/// Where a message stands in line: its rank, then its number.
pub(crate) type Place = (u64, u64);

/// The tenants of a queue that have messages in line or in flight. Messages of no tenant are not here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenants {
    members: HashMap<Arc<str>, Tenant>,
    /// Tenants with messages in line, by the place of their first.
    heads: BTreeMap<Place, Arc<str>>,
    /// Tenants that may be noisy, by how many they have in flight.
    busy: BTreeSet<(u64, Arc<str>)>,
    /// What consumers have spent on all messages, those of no tenant too.
    spent: ProcessingTime,
    /// Tenants that may have more than their share of it: at most as many as there are shares.
    slow: BTreeSet<Arc<str>>,
}

#[derive(Clone, Debug, Default)]
struct Tenant {
    line: BTreeSet<Place>,
    in_flight: u64,
    /// When the newest of its messages was sent.
    sent_at: Timestamp,
    spent: ProcessingTime,
}

impl Tenants {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn none_in_line(&self) -> bool {
        self.heads.is_empty()
    }

    /// A message stands in its tenant's line.
    pub(crate) fn join_line(&mut self, tenant: &Arc<str>, place: Place, sent_at: Timestamp) {
        let state = self.members.entry(Arc::clone(tenant)).or_default();
        state.sent_at = state.sent_at.max(sent_at);
        self.change_line(tenant, |line| line.insert(place));
    }

    /// It stands there no more. A tenant of whom nothing waits begins anew.
    pub(crate) fn leave_line(&mut self, tenant: &Arc<str>, place: Place) {
        self.change_line(tenant, |line| line.remove(&place));
        if let Some(state) = self.members.get_mut(tenant).filter(|state| state.line.is_empty()) {
            state.spent = ProcessingTime::default();
            self.slow.remove(tenant);
        }
        self.drop_if_idle(tenant);
    }

    fn change_line(&mut self, tenant: &Arc<str>, change: impl FnOnce(&mut BTreeSet<Place>) -> bool) {
        let Some(state) = self.members.get_mut(tenant) else { return };
        let before = state.line.first().copied();
        change(&mut state.line);
        let after = state.line.first().copied();
        if before != after {
            if let Some(before) = before {
                self.heads.remove(&before);
            }
            if let Some(after) = after {
                self.heads.insert(after, Arc::clone(tenant));
            }
        }
    }

    /// A message of the tenant went into flight.
    pub(crate) fn take_off(&mut self, tenant: &Arc<str>) {
        self.members.entry(Arc::clone(tenant)).or_default();
        self.change_in_flight(tenant, |count| count + 1);
    }

    /// A message came back, or was deleted; a consumer has spent so long on it.
    pub(crate) fn land(&mut self, tenant: Option<&Arc<str>>, spent_ms: u64, now: Timestamp) {
        if self.is_empty() {
            self.spent = ProcessingTime::default();
            return;
        }
        self.spent.spend(spent_ms, now);
        let Some(tenant) = tenant else { return };
        self.change_in_flight(tenant, |count| count.saturating_sub(1));
        if let Some(state) = self.members.get_mut(tenant) {
            state.spent.spend(spent_ms, now);
            self.slow.insert(Arc::clone(tenant));
        }
        self.drop_if_idle(tenant);
        let (members, all) = (&self.members, self.spent.recent(now));
        self.slow.retain(|tenant| members.get(tenant).is_some_and(|state| state.is_slow(all, now)));
    }

    fn change_in_flight(&mut self, tenant: &Arc<str>, change: impl FnOnce(u64) -> u64) {
        let Some(state) = self.members.get_mut(tenant) else { return };
        let before = state.in_flight;
        let after = change(before);
        state.in_flight = after;
        if before >= NOISY_FROM {
            self.busy.remove(&(before, Arc::clone(tenant)));
        }
        if after >= NOISY_FROM {
            self.busy.insert((after, Arc::clone(tenant)));
        }
    }

    fn drop_if_idle(&mut self, tenant: &Arc<str>) {
        if self.members.get(tenant).is_some_and(|state| state.line.is_empty() && state.in_flight == 0) {
            self.members.remove(tenant);
            self.slow.remove(tenant);
        }
    }

    /// Noisy tenants, those with the fewest messages in flight first.
    fn noisy(&self, in_flight: u64, now: Timestamp) -> Vec<&Arc<str>> {
        let crowds = self.busy.iter().rev().take_while(|(count, _)| count * NOISY_SHARE > in_flight);
        let all = self.spent.recent(now);
        let is_slow =
            |tenant: &&Arc<str>| self.members.get(*tenant).is_some_and(|state| state.is_slow(all, now));
        let slow = self.slow.iter().filter(is_slow);
        let mut noisy: BTreeSet<(u64, &Arc<str>)> = BTreeSet::new();
        for tenant in crowds.map(|(_, tenant)| tenant).chain(slow) {
            if let Some(state) = self.members.get(tenant).filter(|state| !state.is_silent(now)) {
                noisy.insert((state.in_flight, tenant));
            }
        }
        noisy.into_iter().map(|(_, tenant)| tenant).collect()
    }

    /// The messages in the order in which they are received: quiet tenants' and `others` by their places, then noisy
    /// tenants'. `in_flight`: of the whole queue.
    pub(crate) fn line<'a>(
        &'a self,
        others: impl Iterator<Item = Place> + 'a,
        in_flight: u64,
        now: Timestamp,
    ) -> impl Iterator<Item = u64> + 'a {
        let noisy = self.noisy(in_flight, now);
        let last = noisy.clone().into_iter().filter_map(|tenant| self.members.get(tenant));
        let last = last.flat_map(|tenant| tenant.line.iter().map(|(_, number)| *number));
        let heads = self.heads.iter().filter(move |(_, tenant)| !noisy.contains(tenant));
        let heads = heads.map(|(place, tenant)| (*place, tenant));
        self.merged(others, heads).map(|(_, number)| number).chain(last)
    }

    /// Messages of no tenant, and those of the tenants whose first ones are given, by their places.
    fn merged<'a>(
        &'a self,
        others: impl Iterator<Item = Place> + 'a,
        heads: impl Iterator<Item = (Place, &'a Arc<str>)> + 'a,
    ) -> impl Iterator<Item = Place> + 'a {
        let (mut others, mut heads) = (others.peekable(), heads.peekable());
        // The next message of each tenant that was met.
        let mut met: BinaryHeap<Reverse<(Place, &Arc<str>)>> = BinaryHeap::new();
        std::iter::from_fn(move || {
            while let Some(head) =
                heads.next_if(|head| met.peek().is_none_or(|Reverse(next)| head.0 < next.0))
            {
                met.push(Reverse(head));
            }
            let next = met.peek().map(|Reverse((place, _))| *place);
            if let Some(other) = others.next_if(|other| next.is_none_or(|next| *other < next)) {
                return Some(other);
            }
            let Reverse((place, tenant)) = met.pop()?;
            met.extend(self.after(tenant, place).map(|next| Reverse((next, tenant))));
            Some(place)
        })
    }

    fn after(&self, tenant: &str, place: Place) -> Option<Place> {
        let behind = (Bound::Excluded(place), Bound::Unbounded);
        self.members.get(tenant)?.line.range(behind).next().copied()
    }
}

impl Tenant {
    /// Whether it has more than its share of the time that consumers have spent lately.
    fn is_slow(&self, all_ms: u64, now: Timestamp) -> bool {
        all_ms >= BUSY_FROM_MS && self.spent.recent(now) * NOISY_SHARE > all_ms
    }

    fn is_silent(&self, now: Timestamp) -> bool {
        now.since(self.sent_at) >= SILENCE
    }
}
