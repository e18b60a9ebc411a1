//! The store over real files.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::{
    Followed, Hop, HopKey, HopKind, HopOutcome, KeptHop, Link, PayloadForm, SpanId, Timestamp, TraceId,
};
use testkit::SimulatedClock;

use crate::{Limits, Store};

const T: TraceId = TraceId((7 << 96) | (9 << 64) | 1);

fn store(folder: &tempfile::TempDir, limits: Limits) -> (Store, SimulatedClock) {
    let clock = SimulatedClock::default();
    let store = Store::open(&folder.path().join("history"), limits, Arc::new(clock.clone())).unwrap();
    (store, clock)
}

fn hop(kind: HopKind, trace: TraceId, span: u64, parent: u64) -> Hop {
    Hop::new(
        kind,
        Link { trace, span: SpanId(span) },
        SpanId(parent),
        engine::Clock::now(&SimulatedClock::default()),
        "r".into(),
    )
}

fn spans(hops: &[KeptHop]) -> Vec<u64> {
    hops.iter().map(|kept| kept.hop.span.0).collect()
}

fn find(store: &Store, key: &HopKey) -> Vec<u64> {
    spans(&store.find(key, u64::MAX, 100).unwrap())
}

#[test]
fn a_hop_is_found_by_all_its_keys_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder, Limits::default());
    let mut first = hop(HopKind::Publish, T, 1, 0).noting("key", "a/b.json");
    first.payload = Bytes::from_static(br#"{"request_id": "r-1"}"#);
    first.answer = Bytes::from_static(b"answer");
    first.id = 42;
    let mut second = hop(HopKind::Invoke, TraceId(5), 2, 1);
    second.outcome = HopOutcome::Failed;
    second.links.push(Link { trace: T, span: SpanId(1) });
    store.record(first.clone());
    store.record(second);
    // A trace is told apart by its last 96 bits.
    assert_eq!(find(&store, &HopKey::Trace(TraceId(T.unique()))), [2, 1]);
    for key in [
        HopKey::Id(42),
        HopKey::Word("r-1".to_owned()),
        HopKey::Word("a/b.json".to_owned()),
        HopKey::Beginnings,
    ] {
        assert_eq!(find(&store, &key), [1], "{key:?}");
    }
    assert_eq!(find(&store, &HopKey::Failures), [2]);
    assert_eq!(find(&store, &HopKey::Resource("r".to_owned())), [2, 1]);
    let kept = &store.find(&HopKey::Id(42), u64::MAX, 1).unwrap()[0];
    assert_eq!((kept.payload_bytes, kept.answer_bytes, kept.hop.payload.len()), (21, 6, 0));
    assert_eq!(store.hop(kept.position).unwrap().unwrap().hop, first);
    assert!(store.hop(kept.position + 1).unwrap().is_none());
}

#[test]
fn a_trace_that_began_elsewhere_begins_with_its_first_hop_here_even_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder, Limits::default());
    store.record(hop(HopKind::Send, T, 1, 77));
    store.record(hop(HopKind::Receive, T, 2, 1));
    let mut linked = hop(HopKind::Invoke, TraceId(5), 3, 0);
    linked.links.push(Link { trace: T, span: SpanId(2) });
    store.record(linked);
    store.record(hop(HopKind::Call, TraceId(5), 4, 3));
    assert_eq!(find(&store, &HopKey::Beginnings), [1], "what grew out of another trace begins nothing");
    drop(store);
    let (store, _) = self::store(&folder, Limits::default());
    store.record(hop(HopKind::Send, T, 6, 3));
    assert_eq!(find(&store, &HopKey::Beginnings), [1]);
}

#[test]
fn who_settles_a_message_names_its_receive_and_a_move_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder, Limits::default());
    let mut sent = hop(HopKind::Send, T, 3, 0);
    sent.id = 3;
    sent.form = PayloadForm::Headed;
    sent.payload = Bytes::from_static(b"\x01\x02\0\0\0hd{\"a\": \"word\"}");
    store.record(sent);
    store.record(hop(HopKind::Receive, T, 4, 3));
    store.record(hop(HopKind::Delete, TraceId(0), 5, 4));
    let mut moved = hop(HopKind::DeadLetter, TraceId(0), 6, 0);
    moved.id = 3;
    assert_eq!(find(&store, &HopKey::Trace(T)), [5, 4, 3]);
    store.record(moved);
    store.record(hop(HopKind::Delete, TraceId(0), 7, 999));
    assert_eq!(find(&store, &HopKey::Trace(T)), [6, 5, 4, 3], "what belongs to nothing is not kept");
    assert_eq!(find(&store, &HopKey::Word("word".to_owned())), [3]);
}

#[test]
fn a_restart_finds_everything_in_full_and_in_the_present_segment_and_cuts_a_torn_end() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { bytes: 64 << 10, ..Limits::default() };
    let (first, _) = store(&folder, limits.clone());
    for number in 1..=200 {
        let mut hop = hop(HopKind::Send, TraceId(number.into()), number, 0);
        hop.payload = Bytes::from(vec![b'x'; 100]);
        first.record(hop);
        first.figures();
        first.find(&HopKey::Failures, u64::MAX, 1).unwrap();
    }
    first.close();
    let mut files: Vec<_> = std::fs::read_dir(folder.path().join("history"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hops"))
        .collect();
    files.sort();
    assert!(files.len() > 2, "{files:?}");
    std::fs::remove_file(files[0].with_extension("index")).unwrap();
    let torn = std::fs::OpenOptions::new().append(true).open(files.last().unwrap()).unwrap();
    std::io::Write::write_all(&mut &torn, b"torn").unwrap();
    let (second, _) = store(&folder, limits);
    let all = find(&second, &HopKey::Beginnings);
    assert_eq!(all.len(), 100, "as many as were asked for");
    for number in [1, 100, 200] {
        assert_eq!(find(&second, &HopKey::Trace(TraceId(number.into()))), [number]);
    }
    second.record(hop(HopKind::Send, T, 201, 0));
    assert_eq!(find(&second, &HopKey::Trace(T)), [201]);
    let followed = second.follow(Some(0), 1000).unwrap();
    assert_eq!((spans(&followed.hops), followed.gap), ((1..=201).collect::<Vec<_>>(), false));
    let nothing = Followed { next: followed.next, ..Followed::default() };
    assert_eq!(second.follow(Some(followed.next), 10).unwrap(), nothing);
    assert_eq!(second.follow(None, 10).unwrap(), nothing);
}

#[test]
fn a_follower_goes_on_after_a_restart_where_it_was_and_is_told_of_what_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { age: Duration::from_mins(1), ..Limits::default() };
    let (first, _) = store(&folder, limits.clone());
    assert_eq!(first.marked("f").unwrap(), None);
    (1..=3).for_each(|span| first.record(hop(HopKind::Send, T, span, 0)));
    let taken = first.follow(Some(0), 2).unwrap();
    first.mark("f", taken.next).unwrap();
    drop(first);
    let (second, clock) = store(&folder, limits.clone());
    let marked = second.marked("f").unwrap().unwrap();
    assert_eq!(spans(&second.follow(Some(marked), 10).unwrap().hops), [3]);
    second.mark("f", u64::MAX).unwrap();
    let end = second.follow(None, 1).unwrap().next;
    assert_eq!(second.marked("f").unwrap(), Some(end), "what lay behind was lost: nothing new is left out");
    drop(second);
    // Everything is too old: what comes then is found from where a follower was.
    clock.advance(Duration::from_mins(2));
    let third = Store::open(&folder.path().join("history"), limits, Arc::new(clock)).unwrap();
    third.record(Hop { at: Timestamp(0), ..hop(HopKind::Send, T, 4, 0) });
    let (before, at_end) = (third.follow(Some(marked), 10).unwrap(), third.follow(Some(end), 10).unwrap());
    assert_eq!((spans(&before.hops), before.gap), (vec![4], true));
    assert_eq!((spans(&at_end.hops), at_end.gap), (vec![4], false));
}

#[test]
fn the_oldest_hop_of_a_trace_is_found_by_any_of_several_keys() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { bytes: 64 << 10, ..Limits::default() };
    let (store, _) = store(&folder, limits);
    let mut linked = hop(HopKind::Start, TraceId(5), 1, 0);
    linked.links.push(Link { trace: T, span: SpanId(2) });
    store.record(linked);
    for span in 2..=200 {
        let mut hop = hop(HopKind::Send, if span % 50 == 0 { T } else { TraceId(span.into()) }, span, 0);
        hop.payload = Bytes::from(format!("{{\"word\": \"w{span}\", \"filling\": \"{}\"}}", "x".repeat(100)));
        store.record(hop);
        store.find(&HopKey::Failures, u64::MAX, 1).unwrap();
    }
    let oldest = |keys: &[HopKey]| {
        let position = store.oldest(T, keys).unwrap()?;
        Some(store.hop(position).unwrap().unwrap().hop.span.0)
    };
    assert_eq!(oldest(&[HopKey::Beginnings]), Some(50), "a hop of another trace that links there is none");
    let word = |number: u64| HopKey::Word(format!("w{number}"));
    assert_eq!(oldest(&[word(200), word(100), word(101)]), Some(100));
    assert_eq!(oldest(&[word(101)]), None);
}

#[test]
fn size_and_age_bound_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { age: Duration::from_mins(1), bytes: 32 << 10, ..Limits::default() };
    let (store, clock) = store(&folder, limits);
    for number in 1..=1000 {
        let mut hop = hop(HopKind::Send, TraceId(number.into()), number, 0);
        hop.payload = Bytes::from(vec![b'x'; 100]);
        store.record(hop);
        store.find(&HopKey::Failures, u64::MAX, 1).unwrap();
    }
    assert!(store.figures().bytes <= (32 << 10) + (8 << 10), "{:?}", store.figures());
    assert_eq!(find(&store, &HopKey::Trace(TraceId(1000))), [1000]);
    assert!(find(&store, &HopKey::Trace(TraceId(1))).is_empty());
    clock.advance(Duration::from_mins(2));
    let mut late = hop(HopKind::Send, T, 1001, 0);
    late.at = Timestamp(engine::Clock::now(&clock).0);
    store.record(late);
    store.find(&HopKey::Failures, u64::MAX, 1).unwrap();
    assert!(find(&store, &HopKey::Beginnings).len() < 100);
}

#[test]
fn who_waits_for_more_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder, Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let grown = store.grown();
    store.record(hop(HopKind::Send, T, 1, 0));
    runtime.block_on(grown);
    assert_eq!(find(&store, &HopKey::Trace(T)), [1]);
}

#[test]
fn words_at_the_places_that_a_resource_tells_are_found_after_a_start_too() {
    let folder = tempfile::tempdir().unwrap();
    let limits = || Limits { words: vec![(None, vec!["customer".to_owned()])], ..Limits::default() };
    let (store, _) = self::store(&folder, limits());
    store.find_words_at("r", vec![vec!["order".to_owned(), "id".to_owned()]]);
    let mut sent = hop(HopKind::Send, T, 1, 0);
    sent.payload = Bytes::from_static(br#"{"order": {"id": "o-7"}, "customer": 12}"#);
    store.record(sent);
    let word = |word: &str| HopKey::Word(word.to_owned());
    let found = |store: &Store| [find(store, &word("o-7")), find(store, &word("12"))];
    assert_eq!(found(&store), [[1], [1]]);
    store.close();
    drop(store);
    // The present segment is indexed anew.
    let (store, _) = self::store(&folder, limits());
    assert_eq!(found(&store), [[1], [1]]);
    store.find_words_at("r", Vec::new());
    let mut sent = hop(HopKind::Send, T, 2, 0);
    sent.payload = Bytes::from_static(br#"{"order": {"id": "o-8"}}"#);
    store.record(sent);
    assert_eq!(find(&store, &word("o-8")), [0; 0]);
}

#[test]
fn a_move_finds_the_message_that_came_with_the_same_hops() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder, Limits::default());
    let id =
        |id: u128, kind: HopKind, trace: TraceId, span: SpanId| Hop { id, ..hop(kind, trace, span.0, 0) };
    let (old, new) = (0x5_u128 << 64 | 7, 0x9_u128 << 64 | 8);
    store.record(id(old, HopKind::Send, T, SpanId::of(old)));
    store.record(id(old, HopKind::DeadLetter, TraceId(0), SpanId(70)));
    let moved = id(new, HopKind::Send, TraceId(0), SpanId::of(new));
    store.record(moved.noting(engine::MOVED_FROM, format!("{old:032x}")));
    store.record(id(new, HopKind::DeadLetter, TraceId(0), SpanId(80)));
    assert_eq!(find(&store, &HopKey::Trace(T)), [80, 8, 70, 7]);
}
