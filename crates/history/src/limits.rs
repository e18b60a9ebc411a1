//! The bounds of the history.

use std::time::Duration;

use engine::WordPath;

/// What is kept, and how much of it: whichever is reached first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Older hops go.
    pub age: Duration,
    /// Bytes on the disk, indices included.
    pub bytes: u64,
    /// Where messages have words by which they are found besides those at their top: those of one resource (its ARN or
    /// name) or of all.
    pub words: Vec<(Option<String>, WordPath)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { age: Duration::from_hours(24), bytes: 1 << 30, words: Vec::new() }
    }
}

/// A file of hops, bytes; smaller where little is kept.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// So many files at the least share the bytes that are kept.
pub(crate) const SEGMENTS_MIN: u64 = 8;
/// Hops that wait to be written.
pub(crate) const PENDING_HOPS_MAX: usize = 32_768;
/// Bytes of their payloads.
pub(crate) const PENDING_BYTES_MAX: usize = 16 << 20;
/// A buffer that held more is given back once it was written.
pub(crate) const BUFFER_HOPS_KEPT: usize = 4_096;
/// Hops gather for so long before they are written together.
pub(crate) const GATHER: Duration = Duration::from_millis(5);
/// What is written a second, on the average, in units of `thinning`.
pub(crate) const UNITS_PER_SECOND: u64 = 20_000;
/// A payload or answer beyond is cut, bytes.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Receives whose message is not settled yet.
pub(crate) const RECEIVES_MAX: usize = 100_000;
/// Bodies beyond are not searched for words, bytes.
pub(crate) const WORDS_BODY_BYTES_MAX: usize = 64 << 10;
/// Words of one hop.
pub(crate) const WORDS_MAX: usize = 16;
/// A longer word is no word, bytes.
pub(crate) const WORD_BYTES_MAX: usize = 256;
/// Hops that one query looks at.
pub(crate) const LOOKED_AT_MAX: usize = 100_000;
/// Traces of which it is known that they were met.
pub(crate) const TRACES_SEEN_MAX: usize = 65_536;
/// Words at places that were set, of one hop.
pub(crate) const PLACED_WORDS_MAX: usize = 64;
/// Resources that say where their words are.
pub(crate) const RESOURCES_WITH_PATHS_MAX: usize = 10_000;
/// Counts between resources are those of so many minutes, the present one included.
pub(crate) const FLOW_MINUTES: usize = 5;
/// Pairs of resources that are counted.
pub(crate) const FLOWS_MAX: usize = 20_000;
/// Hops that may bring others about and are remembered for it; and as many that were told before what brought them about.
pub(crate) const SPANS_MAX: usize = 32_768;
/// Hops that were told before the one that brought them about, of one such hop.
pub(crate) const EARLY_OF_SPAN_MAX: usize = 256;
