//! One file for each action.

mod get_history;
mod get_hop;
mod get_journey;
mod list_failures;
mod list_flows;
mod list_hops;
mod list_journeys;
mod replay_step;
mod start_step;

pub(crate) use get_history::GetHistory;
pub(crate) use get_hop::{GetHop, GetHopAnswer, GetHopPayload};
pub(crate) use get_journey::GetJourney;
pub(crate) use list_failures::ListFailures;
pub(crate) use list_flows::ListFlows;
pub(crate) use list_hops::ListHops;
pub(crate) use list_journeys::ListJourneys;
pub(crate) use replay_step::ReplayStep;
pub(crate) use start_step::StartStep;
