//! What is read of a group: a stretch of time, some streams, a pattern, so many events from a place on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use super::event::{Event, Position};
use super::segment::{Line, Segment};
use crate::filter_pattern::FilterPattern;
use crate::limits::{BATCH_BYTES_MAX, EVENT_OVERHEAD_BYTES};

/// Whose events.
#[derive(Clone, Debug, Default)]
pub(crate) enum Streams {
    /// Of all streams.
    #[default]
    All,
    /// Of these.
    Named(HashSet<String>),
    /// Of those whose names begin so.
    Prefixed(String),
}

impl Streams {
    pub(crate) fn contain(&self, stream: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(stream),
            Self::Prefixed(prefix) => stream.starts_with(prefix.as_str()),
        }
    }
}

/// Which ones come first if there are more than wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    EarliestFirst,
    LatestFirst,
}

/// A question.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) streams: Streams,
    /// At this moment or later.
    pub(crate) from: u64,
    /// Before this moment.
    pub(crate) until: u64,
    /// Behind this place.
    pub(crate) after: Option<Position>,
    /// Before this place.
    pub(crate) before: Option<Position>,
    pub(crate) pattern: FilterPattern,
    pub(crate) limit: usize,
    pub(crate) order: Order,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            streams: Streams::All,
            from: 0,
            until: u64::MAX,
            after: None,
            before: None,
            pattern: FilterPattern::All,
            limit: usize::MAX,
            order: Order::EarliestFirst,
        }
    }
}

/// Its answer, in order of time.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<Event>,
    /// There are more.
    pub(crate) more: bool,
}

/// A group's segments as they are at one moment, to be read without holding anybody up.
pub(crate) struct Snapshot {
    pub(super) segments: Vec<Segment>,
    /// Events of a stream below this number are gone.
    pub(super) deleted: HashMap<Arc<str>, u64>,
}

impl Selection {
    fn wants(&self, event: &Event, deleted: &HashMap<Arc<str>, u64>) -> bool {
        let position = event.position();
        (self.from..self.until).contains(&event.timestamp)
            && self.after.is_none_or(|after| position > after)
            && self.before.is_none_or(|before| position < before)
            && self.streams.contain(&event.stream)
            && deleted.get(&event.stream).is_none_or(|below| event.sequence >= *below)
            && self.pattern.matches(&event.message)
    }

    /// Whether a segment can hold anything that is wanted.
    fn concerns(&self, segment: &Segment) -> bool {
        segment.earliest <= segment.latest
            && segment.earliest < self.until
            && segment.latest >= self.from
            && self.after.is_none_or(|after| segment.latest >= after.timestamp)
            && self.before.is_none_or(|before| segment.earliest <= before.timestamp)
    }
}

impl Snapshot {
    /// Reads what is asked for. Blocks.
    pub(crate) fn select(&self, selection: &Selection) -> std::io::Result<Page> {
        match selection.order {
            Order::EarliestFirst => self.read(selection, Key::Earliest),
            Order::LatestFirst => self.read(selection, |position| Key::Latest(Reverse(position))),
        }
    }

    fn read(&self, selection: &Selection, key: fn(Position) -> Key) -> std::io::Result<Page> {
        let mut kept = Kept { heap: BinaryHeap::new(), limit: selection.limit, more: false };
        let mut segments: Vec<&Segment> =
            self.segments.iter().filter(|segment| selection.concerns(segment)).collect();
        segments.sort_by_key(|segment| {
            key(Position { timestamp: nearest(segment, selection.order), sequence: 0 })
        });
        for segment in segments {
            let nearest = Position { timestamp: nearest(segment, selection.order), sequence: 0 };
            if kept.is_full() && kept.worst().is_some_and(|worst| key(nearest) > worst) {
                kept.more = true;
                break;
            }
            segment.read(0, |line| {
                if let Line::Event(event) = line
                    && selection.wants(&event, &self.deleted)
                {
                    kept.offer(key(event.position()), event);
                }
            })?;
        }
        Ok(kept.page(selection.order))
    }

    /// Events with this number or a later one, as they came, at most so many: of more, the newest.
    pub(crate) fn since(&self, sequence: u64, limit: usize) -> std::io::Result<Page> {
        let mut events = std::collections::VecDeque::new();
        let mut more = false;
        for segment in self.segments.iter().filter(|segment| segment.last_sequence >= sequence) {
            segment.read(sequence, |line| {
                let Line::Event(event) = line else { return };
                let gone = self.deleted.get(&event.stream).is_some_and(|below| event.sequence < *below);
                if event.sequence < sequence || gone {
                    return;
                }
                events.push_back(event);
                if events.len() > limit {
                    events.pop_front();
                    more = true;
                }
            })?;
        }
        Ok(Page { events: events.into(), more })
    }
}

fn nearest(segment: &Segment, order: Order) -> u64 {
    match order {
        Order::EarliestFirst => segment.earliest,
        Order::LatestFirst => segment.latest,
    }
}

/// Orders positions so that what is wanted first is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Earliest(Position),
    Latest(Reverse<Position>),
}

/// An event and its key.
struct Entry(Key, Event);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// The best events so far; the worst of them on top.
struct Kept {
    heap: BinaryHeap<Entry>,
    limit: usize,
    more: bool,
}

impl Kept {
    fn is_full(&self) -> bool {
        self.heap.len() >= self.limit
    }

    fn worst(&self) -> Option<Key> {
        self.heap.peek().map(|entry| entry.0)
    }

    fn offer(&mut self, key: Key, event: Event) {
        if self.is_full() {
            self.more = true;
            if self.worst().is_none_or(|worst| key > worst) {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(Entry(key, event));
    }

    /// In order of time, no more bytes than a page may have.
    fn page(self, order: Order) -> Page {
        let mut more = self.more;
        let mut bytes = 0;
        let mut events = Vec::new();
        for Entry(_, event) in self.heap.into_sorted_vec() {
            bytes += event.message.len() + EVENT_OVERHEAD_BYTES;
            if bytes > BATCH_BYTES_MAX && !events.is_empty() {
                more = true;
                break;
            }
            events.push(event);
        }
        if order == Order::LatestFirst {
            events.reverse();
        }
        Page { events, more }
    }
}
