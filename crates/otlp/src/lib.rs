//! OTLP: journeys exported as spans, in the background, to whatever takes OTLP over HTTP.
//!
//! `exporter.rs` follows the history and sends what it finds; `sender.rs` posts; `span.rs` is what a hop comes to,
//! `attributes.rs` how it is described, `messages.rs` the protocol.
//! Nothing waits for it: what a receiver has not taken stays in the history for as long as hops are kept there, and what it
//! refuses is counted (`figures.rs`).
//!
//! <https://opentelemetry.io/docs/specs/otlp/>

mod attributes;
mod endpoint;
mod exporter;
mod figures;
mod limits;
mod messages;
mod sender;
mod span;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::{Clock, Error, History};
use service::Tasks;

pub use endpoint::{Endpoint, Header};
pub use figures::Figures;

/// Where spans go, and with which further headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The receiver.
    pub endpoint: Endpoint,
    /// Further headers of every post, for receivers that want a key.
    pub headers: Vec<Header>,
}

/// Starts exporting what was recorded since the last run's export ended; without one, what is recorded from now on. Once
/// this answers, nothing is missed. Its figures are to be registered.
pub async fn start(
    settings: Settings,
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
    tasks: &Tasks,
) -> Result<Figures, Error> {
    let figures = Figures::default();
    let exporter = exporter::Exporter::new(settings, history, clock, figures.clone()).await?;
    exporter.start(tasks);
    Ok(figures)
}
