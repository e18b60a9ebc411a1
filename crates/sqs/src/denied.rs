//! How often queues' policies turned a sender away, for the metrics: the senders themselves fail silently, as at AWS.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use engine::QueueKey;
use service::ports::Sender;

/// Queue, principal.
type Pair = (QueueKey, String);

/// Messages turned away.
#[derive(Debug, Default)]
pub(crate) struct Denied(Mutex<BTreeMap<Pair, u64>>);

/// Pairs that are counted; further ones are in the log only.
const PAIRS_MAX: usize = 1000;

impl Denied {
    pub(crate) fn count(&self, queue: &QueueKey, sender: &Sender) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (queue.clone(), sender.principal().to_owned());
        if counts.len() < PAIRS_MAX || counts.contains_key(&pair) {
            *counts.entry(pair).or_default() += 1;
        }
    }

    pub(crate) fn counts(&self) -> Vec<(Pair, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(pair, count)| (pair.clone(), *count)).collect()
    }
}
