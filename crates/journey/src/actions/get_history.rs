//! `GET /_konekuta/api/history`: how much of what happened is kept.

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Journeys;

#[derive(Deserialize)]
pub(crate) struct Input {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    recorded: u64,
    dropped: u64,
    one_of: u64,
    bytes: u64,
}

pub(crate) struct GetHistory;

impl Action for GetHistory {
    const NAME: &'static str = "GetHistory";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/_konekuta/api/history", 200));
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, _: &Context, _: Input) -> Result<Output, ServiceError> {
        let figures = journeys.engine.figures();
        Ok(Output {
            recorded: figures.recorded,
            dropped: figures.dropped,
            one_of: figures.one_of,
            bytes: figures.bytes,
        })
    }
}
