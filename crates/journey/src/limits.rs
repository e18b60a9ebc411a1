//! The bounds of journeys.

use std::time::Duration;

/// Hops of one trace that are looked at.
pub(crate) const HOPS_OF_TRACE_MAX: usize = 5_000;
/// Hops of one message's id that are looked at.
pub(crate) const HOPS_OF_MESSAGE_MAX: usize = 64;
/// Hops of one journey; beyond, it is told to be cut short.
pub(crate) const HOPS_OF_JOURNEY_MAX: usize = 10_000;
/// Traces of one journey.
pub(crate) const TRACES_MAX: usize = 64;
/// Journeys of one answer.
pub(crate) const LISTED_MAX: usize = 200;
/// Journeys of one answer, unless the request says.
pub(crate) const LISTED_DEFAULT: usize = 50;
/// Hops that one answer of a list looks at.
pub(crate) const LOOKED_AT_MAX: usize = 5_000;
/// Hops of one answer to who follows.
pub(crate) const FOLLOWED_MAX: usize = 1_000;
/// A request waits so long for something new.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(20);
/// Objects that a replay looks at.
pub(crate) const OBJECTS_MAX: usize = 100;
/// Times that a message is moved from queue to queue and still found.
pub(crate) const MOVES_MAX: usize = 16;
/// Traces whose failures are looked at in one answer.
pub(crate) const FAILED_TRACES_MAX: usize = 1_000;
/// Messages of a queue that are looked through for one that failed.
pub(crate) const PEEKED_MAX: usize = 10_000;
/// Messages that are looked at together.
pub(crate) const PEEKED_AT_ONCE: usize = 1_000;
/// Of so many journeys of late each resource is asked what led to it, for a start that is to end somewhere.
pub(crate) const JOURNEYS_LEARNT_FROM: usize = 8;
/// Resources that are asked.
pub(crate) const RESOURCES_LED_MAX: usize = 64;
/// Flows of one answer.
pub(crate) const FLOWS_MAX: usize = 10_000;
/// The same, unless the request says.
pub(crate) const FLOWS_DEFAULT: usize = 1_000;
