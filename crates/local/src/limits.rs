//! The engine's own bounds.

/// A file of a partition's journal, bytes.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// A snapshot is taken when the journal has grown by so many bytes since the last one: a restart reads no more.
pub(crate) const SNAPSHOT_AFTER_BYTES: u64 = 192 << 20;
/// As many bytes of a partition's journal may hold nothing that is needed, or as many as are needed.
pub(crate) const GARBAGE_BYTES_MAX: u64 = 32 << 20;
/// When there is nothing else to do, no more than so many.
pub(crate) const GARBAGE_BYTES_IDLE: u64 = 4 << 20;
/// Contents copied forward in one record.
pub(crate) const CONTENTS_MOVED_AT_ONCE: usize = 64;
/// The registry's snapshot is taken when its journal has grown by so many bytes.
pub(crate) const REGISTRY_SNAPSHOT_AFTER_BYTES: u64 = 8 << 20;
/// Letters delivered to another partition before they are acknowledged.
pub(crate) const LETTERS_AT_ONCE: usize = 256;
/// Pieces in which a blob is read, bytes.
pub(crate) const BLOB_PIECE_BYTES: usize = 256 << 10;
/// Changes of the registry that watchers may lag behind; beyond, they are told to look at everything.
pub(crate) const CHANGES_KEPT: usize = 1024;
/// Partitions of a store at the most.
pub(crate) const PARTITIONS_MAX: u16 = 256;
