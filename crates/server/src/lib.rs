//! The only crate that listens. It is handed tables of actions and knows no service.
//!
//! `road` is the way of a request; `router` tells services, protocols and actions apart; `limits` names every bound.

mod limits;
mod listener;
mod measures;
mod path;
mod protection;
mod refusal;
mod road;
mod router;

pub use listener::Bound;
pub use road::{Health, Road, Services};
