//! Receive attempts that may be repeated, as long as none of their messages was changed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use engine::Timestamp;
use serde::{Deserialize, Serialize};

/// A receive attempt that may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) messages: Vec<u64>,
    pub(crate) until: Timestamp,
}

/// The attempts of a queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    by_id: HashMap<Arc<str>, Attempt>,
    /// The attempt by which a message is in flight.
    of_message: HashMap<u64, Arc<str>>,
    /// Attempts by the moment until which they may be repeated.
    ending: VecDeque<(Timestamp, Arc<str>)>,
}

impl Attempts {
    pub(crate) fn remember(&mut self, id: &Arc<str>, attempt: Attempt) {
        self.forget(id);
        for message in &attempt.messages {
            self.of_message.insert(*message, Arc::clone(id));
        }
        self.ending.push_back((attempt.until, Arc::clone(id)));
        self.by_id.insert(Arc::clone(id), attempt);
    }

    /// The attempt, if it may still be repeated.
    pub(crate) fn get(&self, id: &str, now: Timestamp) -> Option<&Attempt> {
        self.by_id.get(id).filter(|attempt| attempt.until > now)
    }

    /// A message was deleted, returned, or received anew: what handed it out cannot be repeated.
    pub(crate) fn changed(&mut self, message: u64) {
        if let Some(id) = self.of_message.remove(&message) {
            self.forget(&id);
        }
    }

    fn forget(&mut self, id: &Arc<str>) {
        for message in self.by_id.remove(id).into_iter().flat_map(|attempt| attempt.messages) {
            if self.of_message.get(&message) == Some(id) {
                self.of_message.remove(&message);
            }
        }
        while self
            .ending
            .front()
            .is_some_and(|(until, id)| self.by_id.get(id).is_none_or(|known| known.until != *until))
        {
            self.ending.pop_front();
        }
    }

    /// When the next one ends.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.ending.front().map(|(until, _)| *until)
    }

    /// Drops those that may no longer be repeated.
    pub(crate) fn end(&mut self, now: Timestamp) {
        while self.due().is_some_and(|until| until <= now) {
            let Some((_, id)) = self.ending.pop_front() else { return };
            if self.by_id.get(&id).is_some_and(|attempt| attempt.until <= now) {
                self.forget(&id);
            }
        }
    }

    /// All of them, in the order of their ids.
    pub(crate) fn list(&self) -> Vec<(Arc<str>, Attempt)> {
        let mut all: Vec<_> =
            self.by_id.iter().map(|(id, attempt)| (Arc::clone(id), attempt.clone())).collect();
        all.sort_by(|left, right| left.0.cmp(&right.0));
        all
    }

    /// As a snapshot has them.
    pub(crate) fn of(mut all: Vec<(Arc<str>, Attempt)>) -> Self {
        all.sort_by_key(|(_, attempt)| attempt.until);
        let mut attempts = Self::default();
        for (id, attempt) in all {
            attempts.remember(&id, attempt);
        }
        attempts
    }
}
