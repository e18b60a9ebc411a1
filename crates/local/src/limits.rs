//! The engine's own bounds.

/// A journal's segment, bytes.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 32 << 20;
/// Recent contents kept in memory, bytes in each partition.
pub(crate) const CONTENT_CACHE_BYTES_MAX: usize = 32 << 20;
/// A snapshot is taken when the journal has grown by so many bytes since the last one.
pub(crate) const SNAPSHOT_AFTER_BYTES: u64 = 64 << 20;
/// Letters delivered to another partition before they are acknowledged.
pub(crate) const LETTERS_AT_ONCE: usize = 256;
/// Pieces in which a blob is read, bytes.
pub(crate) const BLOB_PIECE_BYTES: usize = 256 << 10;
/// Changes of the registry that watchers may lag behind; beyond, they are told to look at everything.
pub(crate) const CHANGES_KEPT: usize = 1024;
/// Partitions of a store at the most.
pub(crate) const PARTITIONS_MAX: u16 = 256;
