//! Journeys: what became of a request or message, put together from hops.
//!
//! `gather.rs` collects the hops of a trace and of those that grew out of it, `tree.rs` puts them in order, `view.rs` is
//! how they are told; `search.rs` finds journeys; `origins.rs` knows what a step got, `replay.rs` gives it again, `way.rs` and `leads.rs` as far as it is to go;
//! `actions/` is the HTTP API under `/_konekuta/api/`, described in `docs/api/openapi.yaml`.

mod actions;
mod errors;
mod gather;
mod leads;
mod limits;
mod lost;
mod origins;
mod outcome;
mod read_objects;
mod replay;
mod search;
mod start;
mod steps;
mod tree;
mod view;
mod way;

use std::sync::Arc;

use engine::{Clock, Engine};
use service::{Ids, Ports, Row, ServiceError, Speaks, row};

/// The actions.
pub const ACTIONS: &[Row<Journeys>] = &[
    row::<actions::GetHistory>(),
    row::<actions::GetHop>(),
    row::<actions::GetHopAnswer>(),
    row::<actions::GetHopPayload>(),
    row::<actions::GetJourney>(),
    row::<actions::ListFailures>(),
    row::<actions::ListFlows>(),
    row::<actions::ListHops>(),
    row::<actions::ListJourneys>(),
    row::<actions::ReplayStep>(),
    row::<actions::StartStep>(),
];

/// The service's state: hops live in the engine.
pub struct Journeys {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ports: Ports,
}

impl Journeys {
    /// Over an engine and the services' ports.
    pub fn new(engine: Arc<dyn Engine>, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>, ports: Ports) -> Arc<Self> {
        Arc::new(Self { engine, ids, clock, ports })
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Journeys>) -> service::Service {
    let speaks = Speaks {
        json_target: None,
        query: None,
        on_decode_error: |error| ServiceError::new(&errors::VALIDATION, error.to_string()),
    };
    service::bind("konekuta", speaks, ACTIONS, state)
}
