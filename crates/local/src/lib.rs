//! The engine of one machine: partitions over journals, timers, parked receivers, an outbox between partitions, a
//! registry and blobs.
//!
//! A request's own task locks its partition, lets it decide, hands the record to the journal, applies it, unlocks, and
//! waits for durability where the decision asks for it. Nothing here knows what visibility or a group is.

mod backup;
mod blobs;
mod cell;
mod check;
mod engine_error;
mod figures;
mod history;
mod limits;
mod local;
mod open;
mod outbox_pump;
mod parked;
mod queues;
mod receipt_handle;
mod registry;
mod snapshots;
mod store;
mod sweep;
mod system_clock;
mod timer;
mod untold;

pub use ::history::Limits as HistoryLimits;
pub use check::{Checked, check};
pub use figures::PartitionFigures;
pub use limits::SpaceLimits;
pub use local::Local;
pub use open::{Durability, OpenError, Settings};
pub use system_clock::SystemClock;

#[cfg(test)]
mod tests;
