//! What operators look at: how many requests, how they ended, how long they took. `/_konekuta/metrics`, in the text
//! format of Prometheus.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::time::Duration;

use engine::QuickMap;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use service::Service;
use wire::Reply;

/// An action's labels.
type Action = [(&'static str, &'static str); 2];
/// An action's, and how its requests ended.
type Ending = [(&'static str, &'static str); 3];

const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Counters of one action, at hand without looking for their labels.
#[derive(Clone)]
pub(crate) struct Measured {
    succeeded: Counter,
    refused: Counter,
    failed: Counter,
    seconds: Histogram,
}

impl Measured {
    /// Counts a request that was answered with `status`.
    pub(crate) fn count(&self, status: StatusCode, took: Duration) {
        let counter = match status {
            status if status.is_server_error() => &self.failed,
            status if status.is_client_error() => &self.refused,
            _ => &self.succeeded,
        };
        counter.inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// All counters.
pub(crate) struct Measures {
    registry: Registry,
    actions: QuickMap<(&'static str, &'static str), Measured>,
}

/// From 50 microseconds to 26 seconds: long polls wait 20.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 20))
}

impl Measures {
    /// Counters of all actions, beside what `registry` has already.
    pub(crate) fn new(mut registry: Registry, services: &[Service]) -> Self {
        let requests = Family::<Ending, Counter>::default();
        let times = Family::<Action, Histogram>::new_with_constructor(seconds);
        registry.register("konekuta_requests", "Requests answered", requests.clone());
        registry.register_with_unit("konekuta_request", "Time to the answer", Unit::Seconds, times.clone());
        let measured = |service: &'static str, action: &'static str| {
            let ending = |outcome| {
                requests.get_or_create_owned(&[
                    ("service", service),
                    ("action", action),
                    ("outcome", outcome),
                ])
            };
            Measured {
                succeeded: ending("success"),
                refused: ending("refused"),
                failed: ending("failed"),
                seconds: times.get_or_create_owned(&[("service", service), ("action", action)]),
            }
        };
        let named =
            services.iter().flat_map(|service| &service.actions).map(|action| (action.service, action.name));
        let actions =
            named.chain([STREAMING]).map(|(service, action)| ((service, action), measured(service, action)));
        Self { actions: actions.collect(), registry }
    }

    /// The counters of an action.
    pub(crate) fn of(&self, service: &'static str, action: &'static str) -> Option<&Measured> {
        self.actions.get(&(service, action))
    }

    /// Everything, as text.
    pub(crate) fn page(&self) -> Reply {
        let mut text = String::new();
        let status = match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Reply {
            status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, CONTENT_TYPE)]),
            body: text.into(),
        }
    }
}

/// The service that takes whole exchanges.
pub(crate) const STREAMING: (&str, &str) = ("s3", "");
