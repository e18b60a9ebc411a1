//! Standard queues.

use super::*;

fn one() -> Bench {
    Bench::with(&[("q", settings(QueueKind::Standard))])
}

#[test]
fn a_received_message_is_invisible_until_its_timeout() {
    let mut bench = one();
    bench.send("q", message("a"));
    let first = bench.take("q", 10);
    assert_eq!(bench.bodies(&first), ["a"]);
    assert!(bench.take("q", 10).is_empty());
    assert_eq!(bench.counts("q"), (0, 1, 0));
    bench.pass(29);
    assert!(bench.take("q", 10).is_empty());
    bench.pass(1);
    assert_eq!(bench.counts("q"), (1, 0, 0), "visible again without anyone polling");
    let second = bench.take("q", 10);
    assert_eq!((first[0].receive_count, second[0].receive_count), (1, 2));
    assert_eq!(second[0].first_received_at, first[0].first_received_at);
}

#[test]
fn deleting_is_idempotent_and_an_old_handle_deletes_nothing() {
    let mut bench = one();
    bench.send("q", message("a"));
    let old = bench.take("q", 1).remove(0);
    bench.pass(30);
    let new = bench.take("q", 1).remove(0);
    assert_eq!(bench.delete("q", &old), Ok(()));
    assert_eq!(bench.counts("q"), (0, 1, 0));
    assert_eq!(bench.delete("q", &new), Ok(()));
    assert_eq!(bench.delete("q", &new), Ok(()));
    assert_eq!(bench.counts("q"), (0, 0, 0));
}

#[test]
fn deleting_works_after_the_timeout_if_nobody_received_it_since() {
    let mut bench = one();
    bench.send("q", message("a"));
    let taken = bench.take("q", 1).remove(0);
    bench.pass(60);
    assert_eq!(bench.delete("q", &taken), Ok(()));
    assert_eq!(bench.counts("q"), (0, 0, 0));
}

#[test]
fn a_delay_hides_a_new_message_and_the_messages_own_overrides_the_queues() {
    let mut bench =
        Bench::with(&[("q", QueueSettings { delay_seconds: 5, ..settings(QueueKind::Standard) })]);
    bench.send("q", message("later"));
    bench.send("q", NewMessage { delay_seconds: Some(0), ..message("now") });
    assert_eq!(bench.counts("q"), (1, 0, 1));
    let taken = bench.take("q", 10);
    assert_eq!(bench.bodies(&taken), ["now"]);
    bench.pass(5);
    let taken = bench.take("q", 10);
    assert_eq!(bench.bodies(&taken), ["later"]);
}

#[test]
fn visibility_can_be_changed_up_to_twelve_hours_in_all() {
    let mut bench = one();
    bench.send("q", message("a"));
    let taken = bench.take("q", 1).remove(0);
    let change = |bench: &mut Bench, seconds| bench.settle("q", &taken, Settle::VisibleIn { seconds });
    assert_eq!(change(&mut bench, 100), Ok(()));
    bench.pass(99);
    assert_eq!(bench.counts("q"), (0, 1, 0));
    assert_eq!(change(&mut bench, 43_200), Err(Refusal::InvisibleTooLong));
    assert_eq!(change(&mut bench, 0), Ok(()));
    assert_eq!(bench.counts("q"), (1, 0, 0));
    bench.take("q", 1);
    assert_eq!(change(&mut bench, 10), Err(Refusal::NotInFlight), "received by somebody else since");
}

#[test]
fn a_receive_with_timeout_zero_leaves_the_message_visible_and_counts() {
    let mut bench = one();
    bench.send("q", message("a"));
    let peek = Ask { max_messages: 1, visibility_timeout_seconds: Some(0), attempt: None };
    assert_eq!(bench.ask("q", &peek).unwrap()[0].receive_count, 1);
    assert_eq!(bench.ask("q", &peek).unwrap()[0].receive_count, 2);
}

#[test]
fn a_message_vanishes_at_the_end_of_its_retention_even_in_flight() {
    let mut bench =
        Bench::with(&[("q", QueueSettings { retention_seconds: 60, ..settings(QueueKind::Standard) })]);
    bench.send("q", message("a"));
    bench.send("q", message("b"));
    bench.pass(50);
    bench.take("q", 1);
    bench.pass(10);
    assert_eq!(bench.counts("q"), (0, 0, 0));
}

#[test]
fn received_too_often_a_message_moves_to_the_dead_letter_queue_and_keeps_its_identity() {
    let source = QueueSettings { dead_letter: Some(dead_letter("dlq", 2)), ..settings(QueueKind::Standard) };
    let mut bench = Bench::with(&[("dlq", settings(QueueKind::Standard)), ("q", source)]);
    let sent = bench.send("q", message("poison"));
    for _ in 0..2 {
        assert_eq!(bench.take("q", 1).len(), 1);
        bench.pass(30);
    }
    assert_eq!(bench.counts("q"), (1, 0, 0), "moved only at the attempt to receive it once more");
    assert!(bench.take("q", 1).is_empty());
    assert_eq!((bench.counts("q"), bench.counts("dlq")), ((0, 0, 0), (1, 0, 0)));
    let dead = bench.take("dlq", 1).remove(0);
    assert_eq!((dead.message_id, dead.receive_count), (sent.message_id, 3));
    assert_eq!(dead.dead_letter_source, Some(key("q")));
    assert_eq!(bench.body(&dead), "poison");
}

#[test]
fn without_its_dead_letter_queue_a_message_stays() {
    let source = QueueSettings { dead_letter: Some(dead_letter("gone", 1)), ..settings(QueueKind::Standard) };
    let mut bench = Bench::with(&[("q", source)]);
    bench.send("q", message("a"));
    for count in 1..5 {
        assert_eq!(bench.take("q", 1)[0].receive_count, count);
        bench.pass(30);
    }
}

#[test]
fn a_message_received_often_goes_to_the_back() {
    let mut bench = one();
    for body in ["a", "b", "c"] {
        bench.send("q", message(body));
    }
    for _ in 0..3 {
        let taken = bench.take("q", 1);
        assert_eq!(bench.bodies(&taken), ["a"]);
        bench.pass(30);
    }
    let order = bench.take("q", 3);
    assert_eq!(bench.bodies(&order), ["b", "c", "a"]);
}

#[test]
fn too_many_in_flight_are_refused() {
    let mut bench =
        Bench::with(&[("q", QueueSettings { in_flight_max: 2, ..settings(QueueKind::Standard) })]);
    for body in ["a", "b", "c"] {
        bench.send("q", message(body));
    }
    assert_eq!(bench.take("q", 10).len(), 2);
    let ask = Ask { max_messages: 1, visibility_timeout_seconds: None, attempt: None };
    assert_eq!(bench.ask("q", &ask), Err(Refusal::TooManyInFlight(key("q"))));
}

#[test]
fn purging_empties_all_and_may_happen_once_a_minute() {
    let mut bench = one();
    bench.send("q", message("a"));
    bench.send("q", NewMessage { delay_seconds: Some(9), ..message("b") });
    bench.take("q", 1);
    let decision = bench.partition.purge(&key("q"), bench.now).unwrap();
    bench.carry_out(decision);
    assert_eq!(bench.counts("q"), (0, 0, 0));
    bench.pass(59);
    assert_eq!(bench.partition.purge(&key("q"), bench.now).err(), Some(Refusal::PurgedRecently(key("q"))));
    bench.pass(1);
    assert!(bench.partition.purge(&key("q"), bench.now).is_ok());
}

#[test]
fn sends_into_several_queues_are_all_or_none_and_one_record() {
    let mut bench =
        Bench::with(&[("a", settings(QueueKind::Standard)), ("b", settings(QueueKind::Standard))]);
    let before = bench.journal.len();
    bench.send_all(vec![("a", message("x")), ("b", message("y"))]).unwrap();
    assert_eq!(bench.journal.len(), before + 1);
    let refused = bench.send_all(vec![("a", message("x")), ("none", message("y"))]);
    assert_eq!(refused, Err(Refusal::NoSuchQueue(key("none"))));
    assert_eq!((bench.counts("a"), bench.counts("b")), ((1, 0, 0), (1, 0, 0)));
}

#[test]
fn queues_are_listed_by_prefix_and_page() {
    let bench = Bench::with(&[("a1", fifo()), ("b1", fifo()), ("b2", fifo()), ("b3", fifo()), ("c", fifo())]);
    let names = |after: Option<&str>, limit| -> Vec<String> {
        let after = after.map(key);
        let page = bench.partition.list("b", after.as_ref(), limit);
        page.iter().map(|queue| queue.key.to_string()).collect()
    };
    assert_eq!(names(None, 2), ["b1", "b2"]);
    assert_eq!(names(Some("b2"), 2), ["b3"]);
}

#[test]
fn a_change_needs_the_revision_it_read() {
    let mut bench = one();
    let change = |revision| engine::SettingsChange {
        expected_revision: revision,
        settings: settings(QueueKind::Standard),
        record: Bytes::from_static(b"r"),
    };
    let decision = bench.partition.change(&key("q"), change(1), bench.now).unwrap();
    assert_eq!(operations(&decision).len(), 1);
    bench.carry_out(decision);
    assert_eq!(bench.partition.queue(&key("q")).unwrap().revision, 2);
    let stale = bench.partition.change(&key("q"), change(1), bench.now);
    assert_eq!(stale.err(), Some(Refusal::QueueChanged(key("q"))));
}
