//! What became of spans, for `/_konekuta/metrics`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counted since the start.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// A receiver has taken them.
    pub(crate) exported: Counter,
    /// It refused them.
    pub(crate) lost: Counter,
    /// Posts that were tried again.
    pub(crate) retries: Counter,
    /// Times that the history forgot hops which no receiver had taken.
    pub(crate) gaps: Counter,
    /// For how many seconds what is to be sent next has waited.
    pub(crate) lag: Gauge,
}

impl Figures {
    /// Adds them to what operators see.
    pub fn register(&self, registry: &mut Registry) {
        let exported = "Spans that the OTLP receiver has taken";
        registry.register("konekuta_otlp_exported_spans", exported, self.exported.clone());
        let lost = "Spans that the OTLP receiver refused";
        registry.register("konekuta_otlp_lost_spans", lost, self.lost.clone());
        let retries = "Posts to the OTLP receiver that failed and were tried again";
        registry.register("konekuta_otlp_retries", retries, self.retries.clone());
        let gaps = "Times that the history forgot hops before the OTLP receiver took them";
        registry.register("konekuta_otlp_gaps", gaps, self.gaps.clone());
        let lag = "Seconds that the oldest span that is to be sent has waited";
        registry.register("konekuta_otlp_lag_seconds", lag, self.lag.clone());
    }
}
