//! What became of spans, for `/_konekuta/metrics`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counted since the start.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// A receiver has taken them.
    pub(crate) exported: Counter,
    /// Nobody has.
    pub(crate) lost: Counter,
    /// Posts that were tried again.
    pub(crate) retries: Counter,
    pub(crate) waiting: Gauge,
}

impl Figures {
    /// Adds them to what operators see.
    pub fn register(&self, registry: &mut Registry) {
        let exported = "Spans that the OTLP receiver has taken";
        registry.register("konekuta_otlp_exported_spans", exported, self.exported.clone());
        let lost = "Spans that the OTLP receiver refused or did not take in time";
        registry.register("konekuta_otlp_lost_spans", lost, self.lost.clone());
        let retries = "Posts to the OTLP receiver that failed and were tried again";
        registry.register("konekuta_otlp_retries", retries, self.retries.clone());
        registry.register("konekuta_otlp_waiting_spans", "Spans that wait to be sent", self.waiting.clone());
    }
}
