//! FIFO queues.

use super::*;

fn one() -> Bench {
    Bench::with(&[("q", fifo())])
}

fn with(messages: &[(&str, &str)]) -> Bench {
    let mut bench = one();
    for (group, body) in messages {
        bench.send("q", in_group(group, body));
    }
    bench
}

#[test]
fn a_group_is_received_in_order_and_locked_while_in_flight() {
    let mut bench = with(&[("g1", "1"), ("g2", "a"), ("g1", "2"), ("g1", "3")]);
    let first = bench.take("q", 2);
    assert_eq!(bench.bodies(&first), ["1", "2"], "as many of one group as possible");
    let second = bench.take("q", 10);
    assert_eq!(bench.bodies(&second), ["a"], "the rest of the group waits");
    assert_eq!(bench.counts("q"), (1, 3, 0), "what waits behind one in flight counts as visible");
    bench.delete("q", &first[0]).unwrap();
    assert!(bench.take("q", 10).is_empty());
    bench.delete("q", &first[1]).unwrap();
    let rest = bench.take("q", 10);
    assert_eq!(bench.bodies(&rest), ["3"]);
}

#[test]
fn a_receive_goes_from_the_head_up_to_the_first_in_flight() {
    let mut bench = with(&[("g", "1"), ("g", "2"), ("g", "3")]);
    let taken = bench.take("q", 3);
    bench.settle("q", &taken[1], Settle::VisibleIn { seconds: 300 }).unwrap();
    bench.pass(30);
    let again = bench.take("q", 3);
    assert_eq!(bench.bodies(&again), ["1"]);
}

#[test]
fn a_group_that_was_in_flight_comes_after_those_that_waited() {
    let mut bench = with(&[("g1", "1"), ("g1", "2"), ("g2", "a"), ("g3", "x")]);
    let taken = bench.take("q", 1);
    bench.settle("q", &taken[0], Settle::VisibleIn { seconds: 0 }).unwrap();
    let order = bench.take("q", 10);
    assert_eq!(bench.bodies(&order), ["a", "x", "1", "2"]);
}

#[test]
fn a_duplicate_within_five_minutes_answers_the_first_and_is_dropped() {
    let mut bench = one();
    let first = bench.send("q", in_group("g", "same"));
    let again = bench.send("q", in_group("other", "same"));
    assert_eq!((again.message_id, again.sequence_number), (first.message_id, first.sequence_number));
    assert!(again.duplicate && !first.duplicate);
    let taken = bench.take("q", 10);
    bench.delete("q", &taken[0]).unwrap();
    bench.pass(299);
    assert!(bench.send("q", in_group("g", "same")).duplicate, "deleting does not reopen the window");
    bench.pass(1);
    assert!(!bench.send("q", in_group("g", "same")).duplicate);
}

#[test]
fn duplicates_within_one_commit_are_dropped_too() {
    let mut bench = one();
    let sent = bench.send_all(vec![("q", in_group("g", "same")), ("q", in_group("g", "same"))]).unwrap();
    assert!(sent[1].duplicate);
    assert_eq!(sent[0].message_id, sent[1].message_id);
    assert_eq!(bench.counts("q"), (1, 0, 0));
}

#[test]
fn with_message_group_scope_the_same_id_is_another_message_in_another_group() {
    let mut bench = Bench::with(&[("q", settings(QueueKind::Fifo(DeduplicationScope::MessageGroup)))]);
    bench.send("q", in_group("g", "same"));
    assert!(!bench.send("q", in_group("h", "same")).duplicate);
    assert!(bench.send("q", in_group("g", "same")).duplicate);
}

#[test]
fn sequence_numbers_grow() {
    let mut bench = one();
    let numbers: Vec<u64> = ["a", "b", "c"]
        .iter()
        .filter_map(|body| bench.send("q", in_group("g", body)).sequence_number)
        .collect();
    assert!(numbers.len() == 3 && numbers.is_sorted_by(|left, right| left < right), "{numbers:?}");
    assert_eq!(bench.take("q", 1)[0].sequence_number, Some(numbers[0]));
}

#[test]
fn deleting_after_the_timeout_fails_and_within_an_extended_one_works() {
    let mut bench = with(&[("g", "1"), ("g", "2")]);
    let taken = bench.take("q", 2);
    bench.settle("q", &taken[1], Settle::VisibleIn { seconds: 100 }).unwrap();
    bench.pass(30);
    assert_eq!(bench.delete("q", &taken[0]), Err(Refusal::ExpiredReceiptHandle));
    assert_eq!(bench.delete("q", &taken[1]), Ok(()));
}

#[test]
fn a_repeated_attempt_hands_out_the_same_messages_and_handles_again() {
    let mut bench = with(&[("g", "1"), ("g", "2"), ("g", "3")]);
    let first = bench.ask("q", &attempt(2, "try")).unwrap();
    bench.pass(20);
    let again = bench.ask("q", &attempt(2, "try")).unwrap();
    assert_eq!(first, again);
    bench.pass(20);
    assert!(bench.take("q", 1).is_empty(), "the repetition has begun the timeout anew");
    bench.delete("q", &first[0]).unwrap();
    assert!(bench.ask("q", &attempt(2, "try")).unwrap().is_empty(), "a changed message ends the repetition");
}

#[test]
fn a_message_whose_visibility_was_changed_ends_the_repetition_of_its_attempt() {
    let mut bench = with(&[("g", "1"), ("g", "2"), ("h", "3")]);
    let first = bench.ask("q", &attempt(1, "try")).unwrap();
    bench.settle("q", &first[0], Settle::VisibleIn { seconds: 300 }).unwrap();
    let next = bench.ask("q", &attempt(1, "try")).unwrap();
    assert_eq!(bench.bodies(&next), ["3"], "a receive of its own");
    assert_eq!(bench.ask("q", &attempt(1, "try")).unwrap(), next);
}

#[test]
fn an_attempt_may_be_repeated_for_five_minutes_and_while_its_messages_are_in_flight() {
    let mut bench = with(&[("g", "1")]);
    let ask = Ask { visibility_timeout_seconds: Some(290), ..attempt(1, "try") };
    let first = bench.ask("q", &ask).unwrap();
    bench.pass(280);
    assert_eq!(bench.ask("q", &ask).unwrap(), first);
    bench.pass(20);
    assert!(bench.ask("q", &ask).unwrap().is_empty(), "five minutes after the first try it is another one");
    bench.pass(270);
    let again = bench.ask("q", &ask).unwrap();
    assert_eq!(again[0].receive_count, 2);
}

#[test]
fn a_new_delay_acts_on_waiting_messages() {
    let mut bench = Bench::with(&[("q", QueueSettings { delay_seconds: 100, ..fifo() })]);
    bench.send("q", in_group("g", "1"));
    let change = engine::SettingsChange {
        expected_revision: 1,
        settings: QueueSettings { delay_seconds: 10, ..fifo() },
        record: Bytes::new(),
    };
    let decision = bench.partition.change(&key("q"), change, bench.now).unwrap();
    bench.carry_out(decision);
    bench.pass(9);
    assert!(bench.take("q", 1).is_empty());
    bench.pass(1);
    assert_eq!(bench.take("q", 1).len(), 1);
}

#[test]
fn the_dead_letter_move_unlocks_the_group_and_restarts_retention() {
    let source = QueueSettings { dead_letter: Some(dead_letter("dlq", 1)), retention_seconds: 100, ..fifo() };
    let dead = QueueSettings { retention_seconds: 100, ..fifo() };
    let mut bench = Bench::with(&[("dlq", dead), ("q", source)]);
    bench.send("q", in_group("g", "bad"));
    bench.send("q", in_group("g", "good"));
    assert_eq!(bench.take("q", 1).len(), 1);
    bench.pass(60);
    let next = bench.take("q", 1);
    assert_eq!(bench.bodies(&next), ["good"]);
    bench.pass(60);
    let dead = bench.take("dlq", 1);
    assert_eq!(bench.bodies(&dead), ["bad"], "FIFO: retention restarts at the move");
}

#[test]
fn at_the_in_flight_limit_nothing_comes_and_nothing_fails() {
    let mut bench = Bench::with(&[("q", QueueSettings { in_flight_max: 1, ..fifo() })]);
    bench.send("q", in_group("g", "1"));
    bench.send("q", in_group("h", "2"));
    assert_eq!(bench.take("q", 10).len(), 1);
    assert!(bench.take("q", 10).is_empty());
}

#[test]
fn purging_empties_the_deduplication_window() {
    let mut bench = with(&[("g", "1")]);
    let decision = bench.partition.purge(&key("q"), bench.now).unwrap();
    bench.carry_out(decision);
    assert!(!bench.send("q", in_group("g", "1")).duplicate);
}
