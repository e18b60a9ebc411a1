//! How often functions' policies turned somebody away, for the metrics: who invokes fails silently, as at AWS.

use aws::Arn;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pair {
    function: String,
    principal: String,
}

/// Invocations that were turned away, by function and principal.
#[derive(Debug, Default)]
pub(crate) struct Denied {
    counts: Family<Pair, Counter>,
    pairs: AtomicUsize,
}

/// Pairs that are counted; further ones are in the log only.
const PAIRS_MAX: usize = 1000;

impl Denied {
    pub(crate) fn count(&self, function: &Arn, principal: &str) {
        let pair = Pair { function: function.to_string(), principal: principal.to_owned() };
        if let Some(known) = self.counts.get(&pair) {
            known.inc();
        } else if self.pairs.fetch_add(1, Ordering::Relaxed) < PAIRS_MAX {
            self.counts.get_or_create(&pair).inc();
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Invocations of services and visitors that a function's policy turned away";
        registry.register("konekuta_denied_invocations", help, self.counts.clone());
    }
}
