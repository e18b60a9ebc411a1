//! Recently sent contents, so that a message that is received soon is not read from the disk.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use partition::Location;

/// Bounded by bytes; the oldest leaves first.
#[derive(Debug, Default)]
pub(crate) struct ContentCache {
    contents: HashMap<(u64, u32), Bytes>,
    order: VecDeque<(u64, u32)>,
    bytes: usize,
}

impl ContentCache {
    pub(crate) fn put(&mut self, at: Location, content: Bytes, bytes_max: usize) {
        let key = (at.position, at.offset);
        self.bytes += content.len();
        self.contents.insert(key, content);
        self.order.push_back(key);
        while self.bytes > bytes_max {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.contents.remove(&oldest).map_or(0, |content| content.len());
        }
    }

    pub(crate) fn get(&self, at: Location) -> Option<Bytes> {
        self.contents.get(&(at.position, at.offset)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_content_leaves_first() {
        let mut cache = ContentCache::default();
        let at = |position| Location { position, offset: 0, length: 4 };
        for position in 0..3 {
            cache.put(at(position), Bytes::from_static(b"four"), 8);
        }
        assert!(cache.get(at(0)).is_none());
        assert!(cache.get(at(1)).is_some() && cache.get(at(2)).is_some());
    }
}
