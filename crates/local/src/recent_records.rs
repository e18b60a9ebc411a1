//! Recently written records, so that a message that is received soon is not read from the disk.

use std::collections::VecDeque;

use bytes::Bytes;
use partition::Location;

/// Bounded by bytes; the oldest leaves first. Positions only grow, so the row is in order by itself.
#[derive(Debug, Default)]
pub(crate) struct RecentRecords {
    records: VecDeque<(u64, Vec<Bytes>)>,
    bytes: usize,
}

fn length(parts: &[Bytes]) -> usize {
    parts.iter().map(Bytes::len).sum()
}

impl RecentRecords {
    /// Keeps the record at a position.
    pub(crate) fn put(&mut self, position: u64, parts: Vec<Bytes>, bytes_max: usize) {
        self.bytes += length(&parts);
        self.records.push_back((position, parts));
        while self.bytes > bytes_max {
            let Some((_, oldest)) = self.records.pop_front() else { break };
            self.bytes -= length(&oldest);
        }
    }

    /// A content, if its record is here.
    pub(crate) fn content(&self, at: Location) -> Option<Bytes> {
        let index = self.records.binary_search_by_key(&at.position, |(position, _)| *position).ok()?;
        let mut offset = at.offset as usize;
        for part in &self.records.get(index)?.1 {
            if offset < part.len() {
                let end = offset + at.length as usize;
                return (end <= part.len()).then(|| part.slice(offset..end));
            }
            offset -= part.len();
        }
        (at.length == 0).then(Bytes::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_record_leaves_first_and_contents_are_found_by_offset() {
        let mut recent = RecentRecords::default();
        let parts = || vec![Bytes::from_static(b"head"), Bytes::from_static(b"one"), Bytes::from_static(b"two")];
        for position in [10, 20, 30] {
            recent.put(position, parts(), 20);
        }
        let at = |position, offset, length| Location { position, offset, length };
        assert!(recent.content(at(10, 4, 3)).is_none());
        assert_eq!(recent.content(at(20, 4, 3)).unwrap(), "one");
        assert_eq!(recent.content(at(30, 7, 3)).unwrap(), "two");
        assert!(recent.content(at(30, 8, 3)).is_none() && recent.content(at(25, 4, 3)).is_none());
    }
}
