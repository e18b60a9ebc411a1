//! The server's own bounds.

use std::time::Duration;

/// Requests being answered at once, waiting long polls included. Beyond: throttled.
pub(crate) const REQUESTS_IN_FLIGHT_MAX: usize = 20_000;
/// Open connections. Beyond: not accepted until one closes.
pub(crate) const CONNECTIONS_MAX: usize = 20_000;
/// Body of a JSON or Query request, bytes: a full SQS batch of 1 MiB, every character escaped.
pub(crate) const MESSAGE_BODY_BYTES_MAX: usize = 8 << 20;
/// Body of a REST request, bytes: a function's 50 MiB zip as base64, and its configuration.
pub(crate) const REST_BODY_BYTES_MAX: usize = 72 << 20;
/// An answer of no more bytes is written at once.
pub(crate) const SMALL_ANSWER_BYTES: u64 = 64 << 10;
/// A connection that sends no request for so long is closed.
pub(crate) const IDLE_CONNECTION: Duration = Duration::from_mins(2);
/// Requests that are still running at shutdown get so long.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
