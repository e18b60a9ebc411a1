//! A group's log against what was written to it.

use super::*;
use crate::filter_pattern::FilterPattern;

fn event(timestamp: u64, message: &str) -> NewEvent {
    NewEvent { timestamp, request_id: None, message: message.to_owned() }
}

fn messages(page: &Page) -> Vec<&str> {
    page.events.iter().map(|event| event.message.as_str()).collect()
}

struct Bench {
    folder: tempfile::TempDir,
    log: GroupLog,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = GroupLog::open(folder.path().join("g")).unwrap();
        Self { folder, log }
    }

    fn put(&mut self, stream: &str, timestamp: u64, message: &str) {
        let events = vec![event(timestamp, message)];
        self.log.append(vec![Append { stream: stream.into(), events, now: 1000 }], false).unwrap();
    }

    fn select(&self, selection: &Selection) -> Page {
        self.log.snapshot().select(selection).unwrap()
    }

    fn reopen(&mut self) {
        self.log = GroupLog::open(self.folder.path().join("g")).unwrap();
    }
}

#[test]
fn events_come_back_in_order_of_time_whatever_order_they_came_in() {
    let mut bench = Bench::new();
    for (stream, timestamp, message) in
        [("a", 5, "five"), ("b", 1, "one"), ("a", 3, "three"), ("b", 3, "three too")]
    {
        bench.put(stream, timestamp, message);
    }
    assert_eq!(messages(&bench.select(&Selection::default())), ["one", "three", "three too", "five"]);
    let some = Selection { from: 3, until: 5, ..Selection::default() };
    assert_eq!(messages(&bench.select(&some)), ["three", "three too"]);
    let of_a = Selection { streams: Streams::Prefixed("a".into()), ..Selection::default() };
    assert_eq!(messages(&bench.select(&of_a)), ["three", "five"]);
    let pattern = FilterPattern::parse("three").unwrap();
    assert_eq!(bench.select(&Selection { pattern, ..Selection::default() }).events.len(), 2);
}

#[test]
fn pages_from_both_ends_meet_every_event_once() {
    let mut bench = Bench::new();
    for number in 0..25_u64 {
        bench.put("s", number / 3, &number.to_string());
    }
    for order in [Order::EarliestFirst, Order::LatestFirst] {
        let mut seen = Vec::new();
        let mut place = None;
        loop {
            let mut selection = Selection { limit: 4, order, ..Selection::default() };
            match order {
                Order::EarliestFirst => selection.after = place,
                Order::LatestFirst => selection.before = place,
            }
            let page = bench.select(&selection);
            let mut found: Vec<String> = page.events.iter().map(|event| event.message.clone()).collect();
            if order == Order::LatestFirst {
                found.reverse();
                place = page.events.first().map(Event::position);
            } else {
                place = page.events.last().map(Event::position);
            }
            seen.extend(found);
            if !page.more {
                break;
            }
        }
        if order == Order::LatestFirst {
            seen.reverse();
        }
        assert_eq!(seen, (0..25).map(|number| number.to_string()).collect::<Vec<_>>(), "{order:?}");
    }
}

#[test]
fn a_restart_and_a_torn_line_lose_nothing_that_was_whole() {
    let mut bench = Bench::new();
    bench.put("s", 1, "one");
    bench.put("s", 2, "two");
    let file = std::fs::read_dir(bench.folder.path().join("g")).unwrap().next().unwrap().unwrap().path();
    let mut text = std::fs::read(&file).unwrap();
    text.extend(b"{\"n\":3,\"t\":3,");
    std::fs::write(&file, text).unwrap();
    bench.reopen();
    bench.put("s", 4, "four");
    assert_eq!(messages(&bench.select(&Selection::default())), ["one", "two", "four"]);
    bench.reopen();
    assert_eq!(bench.log.next_sequence(), 4);
    assert_eq!(bench.log.streams()["s"].last_event, 4);
}

#[test]
fn a_deleted_stream_stays_gone_and_may_begin_anew() {
    let mut bench = Bench::new();
    bench.put("s", 1, "old");
    bench.put("t", 1, "other");
    bench.log.delete_stream("s").unwrap();
    bench.put("s", 2, "new");
    for _ in 0..2 {
        assert_eq!(messages(&bench.select(&Selection::default())), ["other", "new"]);
        assert_eq!(bench.log.streams()["s"].first_event, 2);
        bench.reopen();
    }
}

#[test]
fn old_segments_go_by_time_and_by_size_and_numbers_go_on() {
    let mut bench = Bench::new();
    let text = "x".repeat(1 << 20);
    for timestamp in 1..=6 {
        bench.put("s", timestamp, &text);
    }
    assert!(bench.log.bytes() > 6 << 20);
    bench.log.expire(5).unwrap();
    let left = bench.select(&Selection::default());
    assert_eq!(left.events.first().map(|event| event.timestamp), Some(5), "whole segments only");
    bench.log.expire(100).unwrap();
    assert!(bench.select(&Selection::default()).events.is_empty() && bench.log.streams().is_empty());
    bench.put("s", 7, "seven");
    assert_eq!(bench.select(&Selection::default()).events[0].sequence, 7);
    let since = bench.log.snapshot().since(7, 10).unwrap();
    assert_eq!(messages(&since), ["seven"]);
}

#[test]
fn followers_get_what_came_since_and_of_too_much_the_newest() {
    let mut bench = Bench::new();
    for number in 1..=10 {
        bench.put("s", 1, &number.to_string());
    }
    let page = bench.log.snapshot().since(4, 3).unwrap();
    assert_eq!((messages(&page), page.more), (vec!["8", "9", "10"], true));
    let page = bench.log.snapshot().since(9, 3).unwrap();
    assert_eq!((messages(&page), page.more), (vec!["9", "10"], false));
}

#[test]
fn a_position_is_written_in_56_digits_and_read_again() {
    let position = Position { timestamp: 1_767_225_600_000, sequence: 42 };
    assert_eq!(position.to_string().len(), 56);
    assert_eq!(Position::parse(&position.to_string()), Some(position));
    assert_eq!(Position::parse("12"), None);
}
