//! The index of a segment: its keys in order, each with where its hop lies. A file beside a full segment, a list in
//! memory for the present one.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use engine::Timestamp;

const MAGIC: [u8; 8] = *b"KHIX\x01\0\0\0";
/// The magic, the oldest and the newest moment, 8 bytes each.
const HEAD: usize = 24;
/// A key (8 bytes) and an offset (4).
const ENTRY: usize = 12;
/// Entries that are read at once.
const ENTRIES_AT_ONCE: u64 = 256;

/// From when to when the hops of a segment are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) oldest: Timestamp,
    pub(crate) newest: Timestamp,
}

impl Span {
    pub(crate) fn include(&mut self, at: Timestamp) {
        if self.oldest == Timestamp(0) || at < self.oldest {
            self.oldest = at;
        }
        self.newest = self.newest.max(at);
    }
}

/// Writes the index of a segment that gets no more hops.
pub(crate) fn write(path: &Path, entries: &mut [(u64, u32)], span: Span) -> io::Result<u64> {
    entries.sort_unstable();
    let mut bytes = Vec::with_capacity(HEAD + entries.len() * ENTRY);
    bytes.extend(MAGIC);
    bytes.extend(span.oldest.0.to_le_bytes());
    bytes.extend(span.newest.0.to_le_bytes());
    for (key, offset) in entries.iter() {
        bytes.extend(key.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    let unfinished = path.with_extension("new");
    File::create(&unfinished)?.write_all(&bytes)?;
    std::fs::rename(&unfinished, path)?;
    Ok(bytes.len() as u64)
}

/// An index file.
#[derive(Debug)]
pub(crate) struct Index {
    file: File,
    entries: u64,
    pub(crate) span: Span,
    pub(crate) bytes: u64,
}

impl Index {
    /// `None` if it is none, or of another version.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = file.metadata()?.len();
        let mut head = [0; HEAD];
        let whole = bytes >= HEAD as u64 && (bytes - HEAD as u64).is_multiple_of(ENTRY as u64);
        if !whole || file.read_exact_at(&mut head, 0).is_err() || head[..8] != MAGIC {
            return Ok(None);
        }
        let moment = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[at..at + 8]);
            Timestamp(u64::from_le_bytes(bytes))
        };
        let span = Span { oldest: moment(8), newest: moment(16) };
        Ok(Some(Self { file, entries: (bytes - HEAD as u64) / ENTRY as u64, span, bytes }))
    }

    fn read(&self, from: u64, count: u64) -> io::Result<Vec<(u64, u32)>> {
        let count = usize::try_from(count).unwrap_or(0);
        let mut bytes = vec![0; count * ENTRY];
        self.file.read_exact_at(&mut bytes, HEAD as u64 + from * ENTRY as u64)?;
        let entry = |bytes: &[u8]| {
            let (mut key, mut offset) = ([0; 8], [0; 4]);
            key.copy_from_slice(&bytes[..8]);
            offset.copy_from_slice(&bytes[8..]);
            (u64::from_le_bytes(key), u32::from_le_bytes(offset))
        };
        Ok(bytes.chunks_exact(ENTRY).map(entry).collect())
    }

    /// Near the first entry that is not below one: not behind it, and by less than what is read at once before it.
    fn near(&self, wanted: (u64, u32)) -> io::Result<u64> {
        let (mut low, mut high) = (0, self.entries);
        while high - low > ENTRIES_AT_ONCE {
            let middle = low + (high - low) / 2;
            if self.read(middle, 1)?.first().is_some_and(|found| *found < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Whether the hop at an offset has a key.
    pub(crate) fn has(&self, key: u64, offset: u32) -> io::Result<bool> {
        let from = self.near((key, offset))?;
        // One more: it may be the first behind those that were not looked at.
        let some = self.read(from, (ENTRIES_AT_ONCE + 1).min(self.entries - from))?;
        Ok(some.binary_search(&(key, offset)).is_ok())
    }

    /// Where the hops of a key lie, in order.
    pub(crate) fn find(&self, key: u64) -> io::Result<Vec<u32>> {
        let mut offsets = Vec::new();
        let mut from = self.near((key, 0))?;
        while from < self.entries {
            let some = self.read(from, ENTRIES_AT_ONCE.min(self.entries - from))?;
            from += some.len() as u64;
            offsets.extend(some.iter().filter(|(found, _)| *found == key).map(|(_, offset)| *offset));
            if some.last().is_some_and(|(found, _)| *found > key) {
                break;
            }
        }
        Ok(offsets)
    }
}
