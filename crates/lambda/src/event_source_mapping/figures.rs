//! What became of the events of each mapping, for `/_konekuta/metrics`: AWS's `EventCount` metrics.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics>

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::records::MappingRecord;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Event {
    /// It was received.
    Polled,
    /// No filter let it through.
    FilteredOut,
    /// The function was called with it.
    Invoked,
    /// The function did not take it; it comes back.
    FailedInvoke,
    /// It was deleted, since it was processed.
    Deleted,
    /// It would have gone on with a recursive loop.
    Dropped,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    mapping: String,
    event: Event,
}

/// The counts of all mappings.
#[derive(Debug, Default)]
pub(crate) struct Figures(Family<Labels, Counter>);

impl Figures {
    pub(crate) fn count(&self, mapping: &MappingRecord, event: Event, messages: usize) {
        let labels = Labels { mapping: mapping.uuid.clone(), event };
        self.0.get_or_create(&labels).inc_by(u64::try_from(messages).unwrap_or(0));
    }

    /// A mapping is gone.
    pub(crate) fn forget(&self, uuid: &str) {
        for event in [
            Event::Polled,
            Event::FilteredOut,
            Event::Invoked,
            Event::FailedInvoke,
            Event::Deleted,
            Event::Dropped,
        ] {
            self.0.remove(&Labels { mapping: uuid.to_owned(), event });
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Events of event source mappings, by what became of them";
        registry.register("konekuta_event_source_mapping_events", help, self.0.clone());
    }
}
