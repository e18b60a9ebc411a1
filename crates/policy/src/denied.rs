//! How often policies turned somebody away, for the metrics: services that send fail silently, as at AWS.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Resource and principal.
type Pair = (String, String);

/// Requests that were turned away.
#[derive(Debug, Default)]
pub struct Denied(Mutex<BTreeMap<Pair, u64>>);

/// Pairs that are counted; further ones are in the log only.
const PAIRS_MAX: usize = 1000;

impl Denied {
    /// Counts one.
    pub fn count(&self, resource: &str, principal: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (resource.to_owned(), principal.to_owned());
        if counts.len() < PAIRS_MAX || counts.contains_key(&pair) {
            *counts.entry(pair).or_default() += 1;
        }
    }

    /// How many since the start: resource, principal, count.
    pub fn counts(&self) -> Vec<(String, String, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((resource, principal), count)| (resource.clone(), principal.clone(), *count))
            .collect()
    }
}
