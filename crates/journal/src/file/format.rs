//! The bytes of a segment: a header, then records back to back, then zeros.
//!
//! A record's head: length (4), CRC-32 (4), position (8), durable (8), all little-endian; then its bytes. The checksum
//! covers everything after itself and the length. *Position* is where the record stands in the whole log, so that bytes
//! left over from elsewhere are never taken for one. *Durable* is the position up to which the log was synced when the
//! record was written: a hole before that is damage, a hole after it is the torn end of a write.

use std::path::Path;

use bytes::Bytes;

use crate::JournalError;

/// Bytes before a record's own.
pub(super) const HEAD: u64 = 24;
/// Bytes before a segment's first record.
pub(super) const SEGMENT_HEAD: u64 = 16;
/// The newest format.
pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 4] = b"KNKJ";

/// A record's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: u32,
    pub(super) checksum: u32,
    pub(super) position: u64,
    pub(super) durable: u64,
}

impl Head {
    /// For a record of these parts.
    pub(super) fn of(parts: &[Bytes], length: u32, position: u64, durable: u64) -> Self {
        let mut head = Self { length, checksum: 0, position, durable };
        head.checksum = head.computed(parts.iter().map(|part| &part[..]));
        head
    }

    fn computed<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.length.to_le_bytes());
        hasher.update(&self.position.to_le_bytes());
        hasher.update(&self.durable.to_le_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    }

    /// Whether the checksum fits the record's bytes.
    pub(super) fn fits(&self, bytes: &[u8]) -> bool {
        self.checksum == self.computed([bytes])
    }

    pub(super) fn encode(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[0..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.position.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.durable.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; 24]) -> Self {
        let word = |from: usize| {
            u32::from_le_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]])
        };
        let long = |from: usize| u64::from(word(from)) | (u64::from(word(from + 4)) << 32);
        Self { length: word(0), checksum: word(4), position: long(8), durable: long(16) }
    }
}

/// A segment's header: magic, version, and the position of its first byte.
pub(super) fn segment_head(base: u64) -> [u8; 16] {
    let mut head = [0; 16];
    head[0..4].copy_from_slice(MAGIC);
    head[4..8].copy_from_slice(&VERSION.to_le_bytes());
    head[8..16].copy_from_slice(&base.to_le_bytes());
    head
}

/// Checks a segment's header.
pub(super) fn check_segment_head(name: &str, head: &[u8; 16], base: u64) -> Result<(), JournalError> {
    let version = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    if head[0..4] == *MAGIC && version > VERSION {
        return Err(JournalError::NewerFormat { found: version, known: VERSION });
    }
    if *head != segment_head(base) {
        let reason = "not a segment of this log".to_owned();
        return Err(JournalError::Corrupt { segment: name.to_owned(), offset: 0, reason });
    }
    Ok(())
}

/// An input/output error with what was tried.
pub(super) fn io(what: &str, path: &Path, error: &std::io::Error) -> JournalError {
    JournalError::Io(format!("cannot {what} {}: {error}", path.display()))
}
