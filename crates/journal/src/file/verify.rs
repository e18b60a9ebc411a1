//! Checking a folder that no journal has open: everything is read, nothing is changed.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::format::SEGMENT_HEAD;
use super::recovery::{Found, Scan};
use super::segments::Segments;
use super::snapshot;
use crate::disk::Disk;
use crate::{JournalError, Position};

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files of the log.
    pub segments: u64,
    /// Whole records.
    pub records: u64,
    /// Bytes of whole records.
    pub bytes: u64,
    /// The position that the snapshot covers, if there is one.
    pub snapshot: Option<Position>,
    /// Bytes behind the last whole record that a crash left; the next start cuts them off.
    pub torn: u64,
    /// What does not fit its checksum.
    pub damage: Vec<JournalError>,
}

/// Reads every record and the snapshot; `visit` is called with each whole record.
pub fn verify(
    disk: Arc<dyn Disk>,
    folder: &Path,
    visit: &mut dyn FnMut(Position, Bytes),
) -> Result<Verified, JournalError> {
    let mut verified = Verified::default();
    match snapshot::newest(&*disk, folder) {
        Ok(newest) => verified.snapshot = newest.map(|(covers, _)| covers),
        Err(damage @ JournalError::Corrupt { .. }) => verified.damage.push(damage),
        Err(other) => return Err(other),
    }
    let segments = Segments::open_to_read(disk, folder)?;
    let all = segments.all();
    for (index, segment) in all.iter().enumerate() {
        verified.segments += 1;
        let scan = Scan::new(segment)?;
        let mut offset = SEGMENT_HEAD;
        while let Found::Record { head, bytes } = scan.at(offset) {
            verified.records += 1;
            verified.bytes += bytes.len() as u64;
            visit(Position(segment.base + offset), bytes);
            offset += super::format::HEAD + u64::from(head.length);
        }
        if scan.is_zero_from(offset) {
            continue;
        }
        let later =
            all[index + 1..].iter().map(|segment| Ok(Scan::new(segment)?.claimed_behind(SEGMENT_HEAD - 1)));
        let later: u64 = later.collect::<Result<Vec<u64>, JournalError>>()?.into_iter().max().unwrap_or(0);
        match scan.at(offset) {
            Found::Damaged(reason) if scan.claimed_behind(offset).max(later) > segment.base + offset => {
                verified.damage.push(scan.corrupt(offset, reason));
            }
            _ => verified.torn += scan.length() - offset,
        }
    }
    Ok(verified)
}
