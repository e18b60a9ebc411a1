//! Fair queues: on a standard queue a message's group names its tenant, and the messages of quiet tenants go first.
//!
//! Of AWS's two measures of noise, the share of messages in flight is taken; the share of processing time is not.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

/// A tenant with fewer messages in flight is never noisy.
const NOISY_FROM: u64 = 30;
/// A tenant is noisy that has more than one in so many of all messages in flight.
const NOISY_SHARE: u64 = 10;

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
}

#[derive(Clone, Debug, Default)]
struct Tenant {
    line: BTreeSet<Place>,
    in_flight: u64,
}

impl Tenants {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn none_in_line(&self) -> bool {
        self.heads.is_empty()
    }

    /// Lets a message stand in its tenant's line, or not.
    pub(crate) fn set_in_line(&mut self, tenant: &Arc<str>, place: Place, stands: bool) {
        let state = self.members.entry(Arc::clone(tenant)).or_default();
        let before = state.line.first().copied();
        if stands {
            state.line.insert(place);
        } else {
            state.line.remove(&place);
        }
        let after = state.line.first().copied();
        if before != after {
            if let Some(before) = before {
                self.heads.remove(&before);
            }
            if let Some(after) = after {
                self.heads.insert(after, Arc::clone(tenant));
            }
        }
        self.drop_if_idle(tenant);
    }

    /// A message of the tenant went into flight, or came back.
    pub(crate) fn set_in_flight(&mut self, tenant: &Arc<str>, flies: bool) {
        let state = self.members.entry(Arc::clone(tenant)).or_default();
        let before = state.in_flight;
        let after = if flies { before + 1 } else { before.saturating_sub(1) };
        state.in_flight = after;
        if before >= NOISY_FROM {
            self.busy.remove(&(before, Arc::clone(tenant)));
        }
        if after >= NOISY_FROM {
            self.busy.insert((after, Arc::clone(tenant)));
        }
        self.drop_if_idle(tenant);
    }

    fn drop_if_idle(&mut self, tenant: &Arc<str>) {
        if self.members.get(tenant).is_some_and(|state| state.line.is_empty() && state.in_flight == 0) {
            self.members.remove(tenant);
        }
    }

    /// Noisy tenants, those with the fewest messages in flight first.
    fn noisy(&self, in_flight: u64) -> Vec<&Arc<str>> {
        let share = |(count, _): &&(u64, Arc<str>)| count * NOISY_SHARE > in_flight;
        let mut noisy: Vec<_> = self.busy.iter().rev().take_while(share).map(|(_, tenant)| tenant).collect();
        noisy.reverse();
        noisy
    }

    /// The messages in the order in which they are received: quiet tenants' and `others` by their places, then noisy
    /// tenants'. `in_flight`: of the whole queue.
    pub(crate) fn line<'a>(
        &'a self,
        others: impl Iterator<Item = Place> + 'a,
        in_flight: u64,
    ) -> impl Iterator<Item = u64> + 'a {
        let noisy = self.noisy(in_flight);
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
