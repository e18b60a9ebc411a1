//! Snapshots: one file, written beside the old one, synced, then named.
//!
//! Magic (4), version (4), the position it covers (8), length (8), CRC-32 of covers, length and state (4), the state.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::format::{self, VERSION};
use crate::disk::Disk;
use crate::{JournalError, Position};

const MAGIC: &[u8; 4] = b"KNKS";
const HEAD: usize = 28;

fn path(folder: &Path) -> PathBuf {
    folder.join("snapshot")
}

fn checksum(covers: u64, state: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&covers.to_le_bytes());
    hasher.update(&(state.len() as u64).to_le_bytes());
    hasher.update(state);
    hasher.finalize()
}

pub(super) fn put(
    disk: &dyn Disk,
    folder: &Path,
    covers: Position,
    state: &[u8],
) -> Result<(), JournalError> {
    let (path, unfinished) = (path(folder), folder.join("snapshot.new"));
    let write = || -> std::io::Result<()> {
        let file = disk.create(&unfinished)?;
        let mut head = Vec::with_capacity(HEAD);
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend(covers.0.to_le_bytes());
        head.extend((state.len() as u64).to_le_bytes());
        head.extend(checksum(covers.0, state).to_le_bytes());
        file.write_all_at(&head, 0)?;
        file.write_all_at(state, HEAD as u64)?;
        file.sync()?;
        disk.rename(&unfinished, &path)?;
        disk.sync_folder(folder)
    };
    write().map_err(|error| format::io("write", &path, &error))
}

pub(super) fn newest(disk: &dyn Disk, folder: &Path) -> Result<Option<(Position, Bytes)>, JournalError> {
    let path = path(folder);
    let read = || -> std::io::Result<Vec<u8>> {
        let file = disk.open(&path)?;
        let length = usize::try_from(file.length()?).map_err(|_| std::io::ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    };
    let bytes = match read() {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format::io("read", &path, &error)),
    };
    decode(&bytes).map(Some).map_err(|error| match error {
        JournalError::Corrupt { offset, reason, .. } => {
            JournalError::Corrupt { segment: path.display().to_string(), offset, reason }
        }
        other => other,
    })
}

fn decode(bytes: &Bytes) -> Result<(Position, Bytes), JournalError> {
    let corrupt =
        |reason: &str| JournalError::Corrupt { segment: String::new(), offset: 0, reason: reason.to_owned() };
    let head = bytes.first_chunk::<HEAD>().ok_or_else(|| corrupt("cut short"))?;
    let word = |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]);
    let long = |from: usize| u64::from(word(from)) | (u64::from(word(from + 4)) << 32);
    if head[0..4] != *MAGIC {
        return Err(corrupt("not a snapshot"));
    }
    if word(4) > VERSION {
        return Err(JournalError::NewerFormat { found: word(4), known: VERSION });
    }
    let state = bytes.slice(HEAD..);
    if state.len() as u64 != long(16) || checksum(long(8), &state) != word(24) {
        return Err(corrupt("its checksum does not fit"));
    }
    Ok((Position(long(8)), state))
}
