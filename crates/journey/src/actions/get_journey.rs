//! `GET /_konekuta/api/journeys/{journeyId}`: one journey with all its hops.

use std::time::Duration;

use engine::TraceId;
use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::gather::gather;
use crate::limits::WAIT_MAX;
use crate::view::Journey;
use crate::{Journeys, errors, search, tree};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    /// A trace id, or whatever else finds a journey.
    journey_id: String,
    /// Wait up to so many seconds …
    wait: Option<u64>,
    /// … for more hops than so many.
    hops: Option<usize>,
}

pub(crate) struct GetJourney;

impl Action for GetJourney {
    const NAME: &'static str = "GetJourney";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "wait", name: "wait" }, Binding { member: "hops", name: "hops" }],
        ..Rest::new(Method::Get, "/_konekuta/api/journeys/{journeyId+}", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Journey;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Journey, ServiceError> {
        let wait = Duration::from_secs(input.wait.unwrap_or(0)).min(WAIT_MAX);
        let until = journeys.clock.now().plus(wait);
        let enough = input.hops.map_or(0, |hops| hops + 1);
        loop {
            let grown = journeys.engine.grown();
            let found = journeys.journey_of(&input.journey_id).await?;
            let over = wait.is_zero() || journeys.clock.now() >= until;
            match found {
                Some(journey) if over || journey.hops.len() >= enough => return Ok(journey),
                None if over => return Err(not_found(&input.journey_id)),
                _ => {}
            }
            tokio::select! {
                () = grown => {}
                () = journeys.clock.sleep_until(until) => {}
            }
        }
    }
}

fn not_found(id: &str) -> ServiceError {
    ServiceError::new(&errors::NOT_FOUND, format!("no journey is kept (any more) that {id} belongs to"))
}

impl Journeys {
    /// The journey of a trace.
    pub(crate) async fn journey(&self, trace: TraceId) -> Result<Option<Journey>, ServiceError> {
        let gathered = gather(&*self.engine, trace).await?;
        Ok(Journey::of(trace, &tree::place(&gathered), gathered.cut_short))
    }

    /// The journey that a text finds: the oldest, because what grew out of it belongs to it.
    pub(crate) async fn journey_of(&self, text: &str) -> Result<Option<Journey>, ServiceError> {
        match self.trace_of(text).await? {
            Some(trace) => self.journey(trace).await,
            None => Ok(None),
        }
    }

    /// The trace that a text finds.
    pub(crate) async fn trace_of(&self, text: &str) -> Result<Option<TraceId>, ServiceError> {
        for key in search::keys_of(text) {
            if let engine::HopKey::Trace(trace) = key
                && !self.engine.find(key.clone(), None, 1).await?.is_empty()
            {
                return Ok(Some(trace));
            }
            let found = search::traces(&*self.engine, &[key], None, usize::MAX).await?;
            if let Some(oldest) = found.traces.last() {
                return Ok(Some(*oldest));
            }
        }
        Ok(None)
    }
}
