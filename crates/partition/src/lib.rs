//! The queue state machine: what a queue does with a message, once for every engine. Pure: no clock, no randomness, no
//! I/O, no async.
//!
//! A command is a method of `Partition` that *decides*: it answers a `Decision` with the operations that would carry it
//! out, and changes nothing durable. The engine writes the operations into one journal record and `apply`s them.
//! Applying the journal's records in order gives the same state as living through it did.
//!
//! Time-derived state (what became visible, what expired) is not written anywhere: `advance` derives it from the moment.

mod advance;
mod apply;
mod attempts;
mod commit;
mod decision;
mod deliver;
mod fifo;
mod message;
mod messages;
mod operation;
mod outbox;
mod peek;
mod processing_time;
mod queue;
mod queues;
mod receive;
mod record;
mod redrive;
mod settle;
mod snapshot;
mod standard;
mod state;
mod tenants;

pub use commit::{Peers, partition_of};
pub use decision::{Decision, Taken};
pub use deliver::Arrival;
pub use operation::{Location, Operation, OutboundLetter};
pub use outbox::{Letter, Pending};
pub use peek::Glimpse;
pub use receive::Ask;
pub use record::{Record, RecordError, Stored, content_of};
pub use settle::Receipt;
pub use snapshot::{Image, Moving};
pub use state::Partition;

#[cfg(test)]
mod tests;
