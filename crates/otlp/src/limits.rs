//! The bounds of the export.

use std::time::Duration;

/// Hops of one look into the history, and so spans of one post.
pub(crate) const BATCH_MAX: usize = 512;
/// Hops gather for so long before they are sent together.
pub(crate) const GATHER: Duration = Duration::from_millis(500);
/// A post takes so long at the most.
pub(crate) const POST_MAX: Duration = Duration::from_secs(10);
/// The first pause after a post that may succeed later; each pause is twice the one before.
pub(crate) const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause, also where a receiver asks for a longer one.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(30);
/// What is left is sent for so long at the end.
pub(crate) const FLUSH_MAX: Duration = Duration::from_secs(4);
/// Bytes of a receiver's answer that are read.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Characters of an attribute.
pub(crate) const ATTRIBUTE_LENGTH_MAX: usize = 4_096;
