//! Message groups: each in order, and the order in which groups take their turn.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// All groups of a queue that hold messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    members: HashMap<Arc<str>, Group>,
    /// Groups that can be received from, by when that began: one that was in flight comes after those that waited.
    ready: BTreeMap<u64, Arc<str>>,
    turn: u64,
}

#[derive(Clone, Debug, Default)]
struct Group {
    messages: BTreeSet<u64>,
    ready_since: Option<u64>,
}

impl Groups {
    pub(crate) fn join(&mut self, group: &Arc<str>, number: u64) {
        self.members.entry(Arc::clone(group)).or_default().messages.insert(number);
    }

    pub(crate) fn leave(&mut self, group: &Arc<str>, number: u64) {
        if let Some(group_state) = self.members.get_mut(group) {
            group_state.messages.remove(&number);
        }
    }

    /// The group's first message.
    pub(crate) fn head(&self, group: &Arc<str>) -> Option<u64> {
        self.members.get(group)?.messages.first().copied()
    }

    /// The group's messages in order.
    pub(crate) fn messages(&self, group: &Arc<str>) -> impl Iterator<Item = u64> + '_ {
        self.members.get(group).into_iter().flat_map(|members| members.messages.iter().copied())
    }

    pub(crate) fn set_ready(&mut self, group: &Arc<str>, ready: bool) {
        let Some(group_state) = self.members.get_mut(group) else { return };
        match (group_state.ready_since, ready) {
            (None, true) => {
                self.turn += 1;
                group_state.ready_since = Some(self.turn);
                self.ready.insert(self.turn, Arc::clone(group));
            }
            (Some(since), false) => {
                group_state.ready_since = None;
                self.ready.remove(&since);
            }
            _ => {}
        }
        if group_state.messages.is_empty() {
            self.members.remove(group);
        }
    }

    /// Groups that can be received from, in turn.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Arc<str>> {
        self.ready.values()
    }

    pub(crate) fn none_ready(&self) -> bool {
        self.ready.is_empty()
    }
}
