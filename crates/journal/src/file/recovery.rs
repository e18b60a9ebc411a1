//! Reading the log: where it ends, what it holds, and whether it is whole.

use bytes::Bytes;

use super::format::{self, HEAD, Head, SEGMENT_HEAD};
use super::segments::{Segment, Segments};
use crate::{JournalError, Position};

/// A record as it stands in a segment, or why there is none.
pub(super) enum Found {
    Record {
        head: Head,
        bytes: Bytes,
    },
    /// Zeros, or the end of the file.
    End,
    /// Bytes that are no record.
    Damaged(&'static str),
}

/// Reads whole segments: they are bounded, and recovery is sequential.
pub(super) struct Scan<'a> {
    segment: &'a Segment,
    bytes: Bytes,
}

impl<'a> Scan<'a> {
    pub(super) fn new(segment: &'a Segment) -> Result<Self, JournalError> {
        let length =
            usize::try_from(segment.length()?).map_err(|error| JournalError::Io(error.to_string()))?;
        let mut bytes = vec![0; length];
        segment
            .file
            .read_exact_at(&mut bytes, 0)
            .map_err(|error| format::io("read", &segment.path, &error))?;
        Ok(Self { segment, bytes: bytes.into() })
    }

    pub(super) fn at(&self, offset: u64) -> Found {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(rest) = self.bytes.get(start..).filter(|rest| !rest.is_empty()) else { return Found::End };
        let Some(head) = rest.first_chunk::<24>() else {
            return if rest.iter().all(|byte| *byte == 0) { Found::End } else { Found::Damaged("cut short") };
        };
        let head = Head::decode(head);
        if head == (Head { length: 0, checksum: 0, position: 0, durable: 0 }) {
            return Found::End;
        }
        if head.position != self.segment.base + offset {
            return Found::Damaged("not a record of this place");
        }
        let end = 24 + head.length as usize;
        match rest.get(24..end) {
            Some(bytes) if head.fits(bytes) => {
                Found::Record { head, bytes: self.bytes.slice(start + 24..start + end) }
            }
            Some(_) => Found::Damaged("its checksum does not fit"),
            None => Found::Damaged("cut short"),
        }
    }

    /// The highest durable position that any whole record behind `offset` claims.
    pub(super) fn claimed_behind(&self, offset: u64) -> u64 {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(1);
        (from..self.bytes.len()).fold(0, |claimed, start| {
            let position = self.segment.base + start as u64;
            let place = self.bytes.get(start + 8..start + 16);
            if place != Some(&position.to_le_bytes()[..]) {
                return claimed;
            }
            match self.at(start as u64) {
                Found::Record { head, .. } => claimed.max(head.durable),
                _ => claimed,
            }
        })
    }

    /// Bytes of the file.
    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether nothing was ever written behind `offset`.
    pub(super) fn is_zero_from(&self, offset: u64) -> bool {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        self.bytes.get(from..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0))
    }

    pub(super) fn corrupt(&self, offset: u64, reason: &str) -> JournalError {
        self.segment.corrupt(self.segment.base + offset, reason)
    }
}

/// Finds the end of the log and cuts off what was torn. Damage before the end is an error. Files before the one that
/// holds `from` are not looked at: a snapshot covers them, and what is read of them later is checked then.
pub(super) fn recover(segments: &Segments, from: Position) -> Result<Position, JournalError> {
    let mut all = segments.all();
    let before = all.iter().filter(|segment| segment.base <= from.0).count();
    all.drain(..before.saturating_sub(1));
    for (index, segment) in all.iter().enumerate() {
        // What a process before us wrote and did not sync is whole to look at, and gone when the power goes. What
        // follows will rest on it.
        segment.file.sync().map_err(|error| format::io("sync", &segment.path, &error))?;
        let scan = Scan::new(segment)?;
        let offset = whole_until(&scan);
        let hole = segment.base + offset;
        let next = all.get(index + 1);
        if next.is_some_and(|next| next.base == hole) {
            continue;
        }
        let later = &all[index + 1..];
        let mut claimed = scan.claimed_behind(offset);
        for segment in later {
            let scan = Scan::new(segment)?;
            claimed = claimed.max(scan.claimed_behind(SEGMENT_HEAD - 1));
        }
        if claimed > hole {
            let reason = match scan.at(offset) {
                Found::Damaged(reason) => reason,
                _ => "records are missing here",
            };
            return Err(scan.corrupt(offset, reason));
        }
        for _ in later {
            segments.remove_last()?;
        }
        if !scan.is_zero_from(offset) {
            cut(segment, offset)?;
        }
        return Ok(Position(hole));
    }
    let end = all.last().map_or(SEGMENT_HEAD, |segment| segment.base + SEGMENT_HEAD);
    Ok(Position(end))
}

/// The offset behind the last whole record of the unbroken row.
fn whole_until(scan: &Scan<'_>) -> u64 {
    let mut offset = SEGMENT_HEAD;
    while let Found::Record { head, .. } = scan.at(offset) {
        offset += HEAD + u64::from(head.length);
    }
    offset
}

fn cut(segment: &Segment, offset: u64) -> Result<(), JournalError> {
    let cut = segment.file.set_length(offset).and_then(|()| segment.file.sync());
    cut.map_err(|error| format::io("shorten", &segment.path, &error))
}

/// Visits the records from `from` up to `tail`.
pub(super) fn replay(
    segments: &Segments,
    from: Position,
    tail: Position,
    visit: &mut dyn FnMut(Position, Bytes) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let all = segments.all();
    for (index, segment) in all.iter().enumerate() {
        let end = all.get(index + 1).map_or(tail.0, |next| next.base);
        if end <= from.0 {
            continue;
        }
        let scan = Scan::new(segment)?;
        let mut offset = SEGMENT_HEAD.max(from.0.saturating_sub(segment.base));
        while segment.base + offset < end {
            match scan.at(offset) {
                Found::Record { head, bytes } => {
                    visit(Position(segment.base + offset), bytes)?;
                    offset += HEAD + u64::from(head.length);
                }
                Found::End => return Err(scan.corrupt(offset, "records are missing here")),
                Found::Damaged(reason) => return Err(scan.corrupt(offset, reason)),
            }
        }
    }
    Ok(())
}
