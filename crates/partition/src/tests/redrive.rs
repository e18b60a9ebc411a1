//! Moves out of dead-letter queues.

use engine::{Moved, Moving};

use super::*;

fn bench(kind: QueueKind) -> Bench {
    let source = QueueSettings { dead_letter: Some(dead_letter("dlq", 1)), ..settings(kind) };
    Bench::with(&[("dlq", settings(kind)), ("q", source), ("other", settings(kind))])
}

/// Sends messages and lets them die.
fn die(bench: &mut Bench, bodies: &[&str]) {
    for body in bodies {
        bench.send("q", in_group("g", body));
    }
    bench.take("q", 10);
    bench.pass(30);
    assert!(bench.take("q", 10).is_empty());
}

fn go(bench: &mut Bench, to: Option<&str>, count: u128, through: Option<u64>) -> Result<Moved, Refusal> {
    let ids = (1..=count).map(|id| MessageId(id + 1000)).collect();
    let moving = Moving { queue: key("dlq"), to: to.map(key), ids, through };
    bench.partition.advance(bench.now);
    let peers = |queue: &QueueKey| bench.peer(queue);
    let decision = bench.partition.move_messages(&moving, bench.own, &peers, bench.now)?;
    Ok(bench.carry_out(decision))
}

#[test]
fn a_moved_message_is_new_in_the_queue_it_came_from() {
    for kind in [QueueKind::Standard, QueueKind::Fifo(DeduplicationScope::Queue)] {
        let mut bench = bench(kind);
        die(&mut bench, &["1", "2"]);
        bench.pass(1000);
        assert_eq!(go(&mut bench, None, 10, None).unwrap().moved, 2);
        assert_eq!((bench.counts("dlq"), bench.counts("q")), ((0, 0, 0), (2, 0, 0)));
        let taken = bench.take("q", 10);
        assert_eq!(bench.bodies(&taken), ["1", "2"]);
        let one = &taken[0];
        assert_eq!((one.message_id, one.receive_count), (MessageId(1001), 1), "its id and counts are new");
        assert_eq!((one.sent_at, one.first_received_at), (bench.now, bench.now));
        assert_eq!(one.dead_letter_source, None);
        assert_eq!(one.group.as_deref(), Some("g"));
    }
}

#[test]
fn a_move_goes_where_it_is_told_and_takes_as_many_as_there_are_ids() {
    let mut bench = bench(QueueKind::Standard);
    die(&mut bench, &["1", "2", "3"]);
    let first = go(&mut bench, Some("other"), 2, None).unwrap();
    assert_eq!((first.moved, bench.counts("dlq"), bench.counts("other")), (2, (1, 0, 0), (2, 0, 0)));
    let more = go(&mut bench, Some("other"), 2, Some(first.through)).unwrap();
    assert_eq!((more.moved, bench.counts("dlq")), (1, (0, 0, 0)));
    assert_eq!(go(&mut bench, Some("other"), 2, Some(first.through)).unwrap().moved, 0);
}

#[test]
fn what_dies_again_during_a_move_is_not_moved_again_by_it() {
    let mut bench = bench(QueueKind::Standard);
    die(&mut bench, &["1"]);
    let through = go(&mut bench, None, 10, None).unwrap().through;
    bench.take("q", 10);
    bench.pass(30);
    bench.take("q", 10);
    assert_eq!(bench.counts("dlq"), (1, 0, 0));
    assert_eq!(go(&mut bench, None, 10, Some(through)).unwrap().moved, 0);
    assert_eq!(go(&mut bench, None, 10, None).unwrap().moved, 1);
}

#[test]
fn messages_in_flight_stay_and_so_do_those_behind_them_in_their_group() {
    let mut bench = bench(QueueKind::Fifo(DeduplicationScope::Queue));
    die(&mut bench, &["1", "2"]);
    bench.take("dlq", 1);
    assert_eq!(go(&mut bench, None, 10, None).unwrap().moved, 0);
    bench.pass(30);
    assert_eq!(go(&mut bench, None, 10, None).unwrap().moved, 2);
}

#[test]
fn a_message_that_came_from_nowhere_needs_a_destination() {
    let mut bench = bench(QueueKind::Standard);
    bench.send("dlq", message("direct"));
    assert_eq!(go(&mut bench, None, 10, None), Err(Refusal::NoSource));
    assert_eq!(go(&mut bench, Some("none"), 10, None), Err(Refusal::NoSuchQueue(key("none"))));
    assert_eq!(go(&mut bench, Some("other"), 10, None).unwrap().moved, 1);
}

#[test]
fn the_queues_own_delay_holds_a_moved_message_back() {
    let delayed = QueueSettings { delay_seconds: 5, ..settings(QueueKind::Standard) };
    let mut bench = Bench::with(&[("dlq", settings(QueueKind::Standard)), ("late", delayed)]);
    bench.send("dlq", message("x"));
    go(&mut bench, Some("late"), 1, None).unwrap();
    assert_eq!(bench.counts("late"), (0, 0, 1));
}

#[test]
fn a_move_into_another_partition_is_a_letter() {
    let mut bench = Bench::with(&[("dlq", fifo())]);
    bench.send("dlq", in_group("g", "1"));
    bench.send("dlq", in_group("g", "2"));
    assert_eq!(go(&mut bench, Some("far.fifo"), 10, None).unwrap().moved, 2);
    assert_eq!(bench.counts("dlq"), (0, 0, 0));
    let letters = bench.partition.pending(1, 0, 10);
    let numbers: Vec<u64> = letters.iter().map(|letter| letter.number).collect();
    assert_eq!(numbers, [1, 2]);
    let letter = &letters[0].letter.letter;
    assert_eq!((letter.id, letter.receive_count, &letter.dead_letter_source), (MessageId(1001), 0, &None));
    assert_eq!(letter.deduplication_id, None, "a message that is moved is never taken for a duplicate");
}
