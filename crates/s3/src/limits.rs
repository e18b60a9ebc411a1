//! S3's quotas.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>

use std::time::Duration;

/// Objects, uploads or parts on a page.
pub(crate) const PAGE_MAX: i32 = 1000;
/// Objects of one DeleteObjects.
pub(crate) const DELETE_OBJECTS_MAX: usize = 1000;
/// Parts of an upload.
pub(crate) const PARTS_MAX: i32 = 10_000;
/// A part but the last one, bytes.
pub(crate) const PART_BYTES_MIN: u64 = 5 << 20;
/// User metadata, bytes.
pub(crate) const METADATA_BYTES_MAX: usize = 2048;
/// Tags of an object.
pub(crate) const TAGS_MAX: usize = 10;
/// A tag's key, in units of UTF-16.
pub(crate) const TAG_KEY_LENGTH_MAX: usize = 128;
/// Its value.
pub(crate) const TAG_VALUE_LENGTH_MAX: usize = 256;
/// A line of an aws-chunked body (chunk head, trailer), bytes.
pub(crate) const CHUNK_LINE_BYTES_MAX: usize = 8192;
/// Tries of a change of a key that others are changing too.
pub(crate) const CHANGE_TRIES_MAX: usize = 64;
/// Tries to read an object that is replaced again and again.
pub(crate) const READ_TRIES_MAX: usize = 64;
/// Versions of a key that are looked through for a certain content.
pub(crate) const VERSIONS_LOOKED_AT_MAX: usize = 1000;
/// Events that are brought at once.
pub(crate) const EVENTS_AT_ONCE: usize = 256;
/// Events that may wait to be brought; beyond, writes that would be told of are answered `SlowDown`.
pub(crate) const EVENTS_WAITING_MAX: usize = 100_000;
/// The first pause before events that could not be brought are tried again; it doubles each time.
pub(crate) const EVENT_RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest one.
pub(crate) const EVENT_RETRY_MAX: Duration = Duration::from_mins(1);
