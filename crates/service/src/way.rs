//! How far a replay goes. One that is to end at a step carries its way in the trace header, from hop to hop: the
//! resources that its messages may reach, the last of them the end. What leaves the way is told to the history and
//! goes nowhere (docs/decisions/0015).

use std::fmt;

use aws::TraceHeader;
use engine::{Hop, HopOutcome, SpanId};

/// The pair of the header.
const PAIR: &str = "Way";
/// Beyond the end: nothing goes on.
const NOWHERE: &str = "-";
/// Resources on a way; a header has room for no more.
pub const RESOURCES_MAX: usize = 32;

/// Why something goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// It would leave the way.
    OffTheWay,
    /// It has come to the end, which is a queue: there it would wait for others.
    AtTheEnd,
}

impl fmt::Display for HeldBack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::OffTheWay => "held back: the replay does not go on here",
            Self::AtTheEnd => "held back: the replay ends here",
        })
    }
}

impl HeldBack {
    /// The hop of what would have gone on.
    #[must_use]
    pub fn tell(self, hop: Hop) -> Hop {
        Hop { outcome: HopOutcome::Skipped, ..hop.noting("reason", self.to_string()) }
    }
}

/// The hop of what went on, or of what would have.
#[must_use]
pub fn told(hop: Hop, went: Result<(), HeldBack>) -> Hop {
    match went {
        Ok(()) => hop,
        Err(why) => why.tell(hop),
    }
}

/// A resource in as many bits as a header has room for; of a function whichever version.
fn short(resource: &str) -> String {
    const COLONS_OF_A_FUNCTION: usize = 6;
    let qualifier = resource.match_indices(':').nth(COLONS_OF_A_FUNCTION);
    let bare = match qualifier {
        Some((end, _)) if resource.contains(":lambda:") => &resource[..end],
        _ => resource,
    };
    format!("{:08x}", SpanId::of_receipt(bare).0 >> 32)
}

/// The header of a replay that may reach these resources and ends at the last one. `None`: there are too many.
pub fn along(header: &TraceHeader, resources: &[&str]) -> Option<TraceHeader> {
    let way: Vec<String> = resources.iter().map(|resource| short(resource)).collect();
    let marked = header.with_pair(PAIR, &way.join(":"));
    (resources.len() <= RESOURCES_MAX && marked.pair(PAIR).is_some()).then_some(marked)
}

/// The way of a header's text, if it has one.
pub fn of(header: &str) -> Option<&str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(PAIR)?.strip_prefix('='))
}

fn leads_to(way: &str, resource: &str) -> bool {
    let wanted = short(resource);
    way.split(':').any(|one| one == wanted)
}

fn ends_at(way: &str, resource: &str) -> bool {
    way.rsplit(':').next() == Some(&short(resource))
}

/// Whether what travels under a header may reach a topic, a function or an endpoint.
pub fn to(header: Option<&str>, resource: &str) -> Result<(), HeldBack> {
    match header.and_then(of) {
        Some(way) if !leads_to(way, resource) => Err(HeldBack::OffTheWay),
        _ => Ok(()),
    }
}

/// Whether it may wait in a queue.
pub fn into(header: Option<&str>, queue: &str) -> Result<(), HeldBack> {
    match header.and_then(of) {
        Some(way) if !leads_to(way, queue) => Err(HeldBack::OffTheWay),
        Some(way) if ends_at(way, queue) => Err(HeldBack::AtTheEnd),
        _ => Ok(()),
    }
}

/// The header of what a resource brings about: of the last one on the way, and of one beside it, nothing goes on.
#[must_use]
pub fn beyond(header: TraceHeader, resource: &str) -> TraceHeader {
    match of(header.as_str()) {
        Some(way) if !leads_to(way, resource) || ends_at(way, resource) => header.with_pair(PAIR, NOWHERE),
        _ => header,
    }
}

/// A header with the way of the one it follows.
#[must_use]
pub fn handed_on(header: TraceHeader, from: Option<&TraceHeader>) -> TraceHeader {
    match from.and_then(|from| from.pair(PAIR)) {
        Some(way) => header.with_pair(PAIR, way),
        None => header,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(resources: &[&str]) -> TraceHeader {
        along(&TraceHeader::of(1 << 96 | 2, 3, true), resources).unwrap()
    }

    #[test]
    fn what_leaves_the_way_is_held_back_and_so_is_all_beyond_its_end() {
        let header = way(&["topic", "queue", "function"]);
        let text = Some(header.as_str());
        assert_eq!(to(text, "topic"), Ok(()));
        assert_eq!(into(text, "queue"), Ok(()));
        assert_eq!(into(text, "other"), Err(HeldBack::OffTheWay));
        assert_eq!(to(text, "mail@example.com"), Err(HeldBack::OffTheWay));
        assert_eq!(beyond(header.clone(), "topic"), header);
        let after = beyond(header.clone(), "function");
        assert_eq!(to(Some(after.as_str()), "topic"), Err(HeldBack::OffTheWay));
        assert_eq!(TraceHeader::ids(after.as_str()), TraceHeader::ids(header.as_str()));
        assert_eq!(beyond(header, "beside").as_str(), after.as_str());
    }

    #[test]
    fn every_version_of_a_function_is_the_function() {
        let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
        let header = way(&[function]);
        assert_eq!(to(Some(header.as_str()), &format!("{function}:live")), Ok(()));
        assert!(to(Some(header.as_str()), &format!("{function}2")).is_err());
    }

    #[test]
    fn in_a_queue_at_the_end_nothing_waits() {
        let header = way(&["topic", "queue"]);
        assert_eq!(into(Some(header.as_str()), "queue"), Err(HeldBack::AtTheEnd));
    }

    #[test]
    fn without_a_way_everything_goes_everywhere() {
        let header = TraceHeader::of(1 << 96, 2, true);
        assert_eq!((to(Some(header.as_str()), "x"), into(None, "x")), (Ok(()), Ok(())));
        assert_eq!(beyond(header.clone(), "x"), header);
    }

    #[test]
    fn a_way_is_handed_on_and_bounded() {
        let header = way(&["a", "b"]);
        let other = handed_on(TraceHeader::of(1 << 96, 9, true), Some(&header));
        assert_eq!(of(other.as_str()), of(header.as_str()));
        let many: Vec<String> = (0..=RESOURCES_MAX).map(|index| index.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(along(&header, &many), None);
        assert!(along(&header, &many[1..]).is_some());
    }
}
