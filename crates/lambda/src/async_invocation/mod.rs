//! Asynchronous invocation: an event is durable in the function's own queue before the caller hears of it; a task takes
//! it from there, calls the function, and tries again as AWS does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

mod attempts;
mod consumer;
mod dead_letter;
mod destination;
mod event;
mod retry;

pub(crate) use event::{StoredEvent, enqueue};

/// The queue keeps events longer than any may grow old, so that none vanishes without a line in the log.
pub(crate) const RETENTION_SECONDS: u32 = 1_209_600;
/// An event is invisible for so long at a time while it runs; see `consumer`.
pub(crate) const VISIBILITY_SECONDS: u32 = 60;
/// More never run.
pub(crate) const IN_FLIGHT_MAX: u32 = 120_000;
