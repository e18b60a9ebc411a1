//! An event as a segment has it, and its place in time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Counts the events of its group.
    #[serde(rename = "n")]
    pub(crate) sequence: u64,
    /// When it happened, milliseconds since 1970.
    #[serde(rename = "t")]
    pub(crate) timestamp: u64,
    /// When it came.
    #[serde(rename = "i")]
    pub(crate) ingestion_time: u64,
    /// Its stream.
    #[serde(rename = "s")]
    pub(crate) stream: Arc<str>,
    /// The invocation that it belongs to.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Its text.
    #[serde(rename = "m")]
    pub(crate) message: String,
}

/// An event that is not numbered yet.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) timestamp: u64,
    pub(crate) request_id: Option<String>,
    pub(crate) message: String,
}

/// Events that come to a stream together.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) stream: Arc<str>,
    pub(crate) events: Vec<NewEvent>,
    /// When they came, milliseconds since 1970.
    pub(crate) now: u64,
}

/// Where an event stands among those of its group: by its time, and among those of one moment as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) timestamp: u64,
    pub(crate) sequence: u64,
}

impl Event {
    pub(crate) fn position(&self) -> Position {
        Position { timestamp: self.timestamp, sequence: self.sequence }
    }
}

/// Digits of AWS's event ids and tokens, and of the time among them.
const DIGITS: usize = 56;
const TIME_DIGITS: usize = 20;

impl std::fmt::Display for Position {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:0TIME_DIGITS$}{:0width$}", self.timestamp, self.sequence, width = DIGITS - TIME_DIGITS)
    }
}

impl Position {
    /// Reads what `Display` has written.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (timestamp, sequence) = text.split_at(TIME_DIGITS);
        Some(Self { timestamp: timestamp.parse().ok()?, sequence: sequence.parse().ok()? })
    }
}
