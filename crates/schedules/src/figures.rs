//! What became of the events of each rule and schedule, for `/_konekuta/metrics`.

use aws::Arn;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Outcome {
    /// The target has it.
    Invoked,
    /// The target did not take it.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    source: String,
    outcome: Outcome,
}

/// The counts of all rules and schedules.
#[derive(Debug, Default)]
pub(crate) struct Figures(Family<Labels, Counter>);

impl Figures {
    pub(crate) fn count(&self, source: &Arn, outcome: Outcome) {
        self.0.get_or_create(&Labels { source: source.to_string(), outcome }).inc();
    }

    /// It is gone.
    pub(crate) fn forget(&self, source: &Arn) {
        for outcome in [Outcome::Invoked, Outcome::Failed] {
            self.0.remove(&Labels { source: source.to_string(), outcome });
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Events of rules and schedules, by what became of them";
        registry.register("konekuta_scheduled_events", help, self.0.clone());
    }
}
