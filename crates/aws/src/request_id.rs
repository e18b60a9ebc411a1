//! The id every answer carries.

use std::fmt;

use uuid::Uuid;

/// The request id that AWS puts on every answer (`x-amzn-RequestId`), and that a log line is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The text, written into a buffer of the caller's.
    pub fn write<'a>(&self, buffer: &'a mut [u8; 36]) -> &'a str {
        self.0.as_hyphenated().encode_lower(buffer)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(out)
    }
}
