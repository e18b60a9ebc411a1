//! Hops in the order of their causes: each behind what brought it about, siblings by time.

use std::collections::HashMap;

use engine::{HopKind, KeptHop, MOVED_FROM};

use crate::gather::{Gathered, Name, name};

/// A hop in its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) kept: KeptHop,
    pub(crate) parent: Option<Name>,
    pub(crate) depth: usize,
    /// How long the message had waited to be received, milliseconds.
    pub(crate) waited_ms: Option<u64>,
}

/// Puts hops in order.
pub(crate) fn place(gathered: &Gathered) -> Vec<Placed> {
    let mut children: HashMap<Option<Name>, Vec<Name>> = HashMap::new();
    let messages = Messages::of(gathered);
    for (name, kept) in &gathered.hops {
        children.entry(parent(gathered, &messages, *name, kept)).or_default().push(*name);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|name| gathered.hops.get(name).map(|kept| (kept.hop.at, kept.position)));
    }
    let mut placed = Vec::with_capacity(gathered.hops.len());
    let mut left: Vec<(Name, Option<Name>, usize)> =
        children.get(&None).into_iter().flatten().rev().map(|name| (*name, None, 0)).collect();
    while let Some((name, parent, depth)) = left.pop() {
        let Some(kept) = gathered.hops.get(&name) else { continue };
        placed.push(Placed { waited_ms: messages.waited(kept), kept: kept.clone(), parent, depth });
        let below = children.get(&Some(name)).into_iter().flatten().rev();
        left.extend(below.map(|child| (*child, Some(name), depth + 1)));
    }
    placed
}

/// What brought a hop about, if it is known and no circle.
fn parent(gathered: &Gathered, messages: &Messages<'_>, name: Name, kept: &KeptHop) -> Option<Name> {
    let hop = &kept.hop;
    if let Some(moved) = messages.moved(kept) {
        return Some(moved);
    }
    let own = (name.0, hop.parent);
    let grown_from = gathered.grown_from.get(&name).copied();
    let parent =
        [Some(own), grown_from].into_iter().flatten().find(|parent| gathered.hops.contains_key(parent))?;
    (!is_above(gathered, parent, name)).then_some(parent)
}

/// Whether `low` is found on the way up from `from`: reported segments may name each other.
fn is_above(gathered: &Gathered, from: Name, low: Name) -> bool {
    let mut at = from;
    for _ in 0..gathered.hops.len() {
        if at == low {
            return true;
        }
        let Some(kept) = gathered.hops.get(&at) else { return false };
        at = match gathered.grown_from.get(&at) {
            Some(above) if !gathered.hops.contains_key(&(at.0, kept.hop.parent)) => *above,
            _ => (at.0, kept.hop.parent),
        };
    }
    true
}

/// Sends, receives and moves by their message: a journey may have thousands of hops.
struct Messages<'a>(HashMap<u128, Vec<&'a KeptHop>>);

impl<'a> Messages<'a> {
    fn of(gathered: &'a Gathered) -> Self {
        let mut messages: HashMap<u128, Vec<&KeptHop>> = HashMap::new();
        let told = [HopKind::Send, HopKind::Receive, HopKind::DeadLetter];
        for kept in gathered.hops.values().filter(|kept| told.contains(&kept.hop.kind)) {
            messages.entry(kept.hop.id).or_default().push(kept);
        }
        Self(messages)
    }

    fn all(&self, id: u128) -> impl Iterator<Item = &'a KeptHop> + '_ {
        self.0.get(&id).into_iter().flatten().copied()
    }

    /// The move that a hop comes from: of a message that is received from a dead-letter queue, and of one that was moved
    /// out of it again.
    fn moved(&self, kept: &KeptHop) -> Option<Name> {
        let hop = &kept.hop;
        let buried = |id: u128| self.all(id).filter(|other| other.hop.kind == HopKind::DeadLetter);
        if hop.kind == HopKind::Receive {
            return buried(hop.id).find(|other| other.hop.resource == hop.resource).map(name);
        }
        let old = u128::from_str_radix(hop.note(MOVED_FROM)?, 16).ok()?;
        let before =
            buried(old).next().or_else(|| self.all(old).find(|other| other.hop.kind == HopKind::Send));
        before.map(name)
    }

    /// Of a receive: since the message was sent, or since the receive before.
    fn waited(&self, kept: &KeptHop) -> Option<u64> {
        if kept.hop.kind != HopKind::Receive {
            return None;
        }
        let earlier = self
            .all(kept.hop.id)
            .filter(|other| other.hop.at <= kept.hop.at && other.position < kept.position);
        let latest = earlier.map(|other| other.hop.at).max()?;
        Some(kept.hop.at.since(latest).as_millis().try_into().unwrap_or(u64::MAX))
    }
}
