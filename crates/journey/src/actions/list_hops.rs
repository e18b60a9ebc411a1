//! `GET /_konekuta/api/hops?after=…&wait=…`: hops as they are recorded, for who shows them live.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Journeys;
use crate::limits::{FOLLOWED_MAX, WAIT_MAX};
use crate::view::Hop;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    /// Where an earlier answer ended; the present end without.
    after: Option<u64>,
    /// Wait up to so many seconds for a hop.
    wait: Option<u64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    hops: Vec<Hop>,
    next: String,
}

pub(crate) struct ListHops;

impl Action for ListHops {
    const NAME: &'static str = "ListHops";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "after", name: "after" },
            Binding { member: "wait", name: "wait" },
            Binding { member: "limit", name: "limit" },
        ],
        ..Rest::new(Method::Get, "/_konekuta/api/hops", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.limit.unwrap_or(FOLLOWED_MAX).min(FOLLOWED_MAX);
        let wait = Duration::from_secs(input.wait.unwrap_or(0)).min(WAIT_MAX);
        let until = journeys.clock.now().plus(wait);
        let mut after = input.after;
        loop {
            let grown = journeys.engine.grown();
            let followed = journeys.engine.follow(after, limit).await?;
            if !followed.hops.is_empty() || journeys.clock.now() >= until {
                let hops = followed.hops.iter().map(|kept| Hop::of(kept, kept.hop.at.0)).collect();
                return Ok(Output { hops, next: followed.next.to_string() });
            }
            after = Some(followed.next);
            tokio::select! {
                () = grown => {}
                () = journeys.clock.sleep_until(until) => {}
            }
        }
    }
}
