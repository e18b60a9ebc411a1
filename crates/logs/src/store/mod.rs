//! The events of log groups on the disk: a folder a group, segments of JSON lines. The oldest segments go when a group
//! is too large or its retention has passed.
//!
//! What a segment holds is described in `docs/formats/logs.md`.

mod event;
mod group_log;
mod segment;
mod selection;
#[cfg(test)]
mod tests;

pub(crate) use event::{Append, Event, NewEvent, Position};
pub(crate) use group_log::{GroupLog, StreamFacts};
pub(crate) use selection::{Order, Page, Selection, Streams};
