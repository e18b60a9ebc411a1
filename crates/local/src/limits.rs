//! The engine's own bounds.

/// A file of a partition's journal, bytes.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// When a partition's journal is tidied up, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceLimits {
    /// A snapshot is taken when the journal has grown by so much since the last one: a restart reads no more.
    pub snapshot_after: u64,
    /// So much may hold nothing that is needed, or as much as is needed.
    pub garbage_max: u64,
    /// When there is nothing else to do, no more than so much.
    pub garbage_idle: u64,
}

impl Default for SpaceLimits {
    fn default() -> Self {
        Self { snapshot_after: 192 << 20, garbage_max: 32 << 20, garbage_idle: 4 << 20 }
    }
}
/// Contents copied forward in one record.
pub(crate) const CONTENTS_MOVED_AT_ONCE: usize = 64;
/// The registry's snapshot is taken when its journal has grown by so many bytes, and by as many as the last one had.
pub(crate) const REGISTRY_SNAPSHOT_AFTER_BYTES: u64 = 8 << 20;
/// Letters delivered to another partition before they are acknowledged.
pub(crate) const LETTERS_AT_ONCE: usize = 256;
/// Up to so many bytes a blob lies in its id, and so in the registry, whose records are in memory: an object's takes about
/// as much without it.
pub(crate) const BLOB_WITHIN_ID_BYTES: usize = 1024;
/// Pieces in which a blob is read, bytes.
pub(crate) const BLOB_PIECE_BYTES: usize = 256 << 10;
/// Records of the registry read at once by what reads them all.
pub(crate) const RECORDS_AT_ONCE: usize = 1000;
/// Blobs removed in one step of the sweep.
pub(crate) const BLOBS_AT_ONCE: usize = 1000;
/// Changes of the registry that watchers may lag behind; beyond, they are told to look at everything.
pub(crate) const CHANGES_KEPT: usize = 1024;
/// Partitions of a store at the most.
pub(crate) const PARTITIONS_MAX: u16 = 256;
