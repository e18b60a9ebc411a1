//! Letters between partitions.

use super::*;
use crate::{Arrival, Pending};

/// Partition 1, with the queue `far`.
fn far() -> Bench {
    let mut bench = Bench::new();
    bench.own = 1;
    let decision =
        bench.partition.create(key("far"), settings(QueueKind::Standard), Vec::new(), bench.now).unwrap();
    bench.carry_out(decision);
    bench
}

fn content(near: &Bench, pending: &Pending) -> Bytes {
    let at = pending.letter.content;
    let record = &near.journal[usize::try_from(at.position).unwrap()];
    Bytes::copy_from_slice(&record[at.offset as usize..(at.offset + at.length) as usize])
}

fn deliver(far: &mut Bench, near: &Bench, pending: &Pending) -> Arrival {
    let content = content(near, pending);
    let decision = far.partition.deliver(0, pending.number, &pending.letter.letter, content, far.now);
    far.carry_out(decision)
}

#[test]
fn a_send_across_partitions_waits_in_the_outbox_and_arrives_once() {
    let mut near = Bench::with(&[("near", settings(QueueKind::Standard))]);
    let mut far = far();
    near.send_all(vec![("near", message("x")), ("far", message("y")), ("far", message("z"))]).unwrap();
    assert_eq!(near.partition.targets(), [1]);
    let pending = near.partition.pending(1, 0, 10);
    assert_eq!(pending.len(), 2);
    for letter in &pending {
        assert_eq!(deliver(&mut far, &near, letter), Arrival::Stored);
        assert_eq!(deliver(&mut far, &near, letter), Arrival::Repeated);
    }
    let taken = far.take("far", 10);
    assert_eq!(far.bodies(&taken), ["y", "z"]);
    let decision = near.partition.acknowledge(1, pending[1].number);
    near.carry_out(decision);
    assert!(near.partition.targets().is_empty());
    near.send("far", message("later"));
    assert_eq!(near.partition.pending(1, 0, 10)[0].number, 3, "numbers go on after an acknowledgement");
}

#[test]
fn a_dead_letter_goes_across_with_its_history() {
    let source = QueueSettings { dead_letter: Some(dead_letter("far", 1)), ..settings(QueueKind::Standard) };
    let mut near = Bench::with(&[("q", source)]);
    let mut far = far();
    let sent = near.send("q", message("poison"));
    near.take("q", 1);
    near.pass(30);
    assert!(near.take("q", 1).is_empty());
    assert_eq!(near.counts("q"), (0, 0, 0));
    let pending = near.partition.pending(1, 0, 10);
    assert_eq!(deliver(&mut far, &near, &pending[0]), Arrival::Stored);
    let dead = far.take("far", 1).remove(0);
    assert_eq!((dead.message_id, dead.receive_count), (sent.message_id, 2));
    assert_eq!(dead.dead_letter_source, Some(key("q")));
    assert_eq!(far.body(&dead), "poison");
}

#[test]
fn a_letter_to_a_deleted_queue_is_consumed_and_reported() {
    let mut near = Bench::new();
    let mut far = far();
    near.send("far", message("x"));
    let decision = far.partition.delete(&key("far")).unwrap();
    far.carry_out(decision);
    let pending = near.partition.pending(1, 0, 10);
    assert_eq!(deliver(&mut far, &near, &pending[0]), Arrival::NoSuchQueue);
    assert_eq!(deliver(&mut far, &near, &pending[0]), Arrival::Repeated);
}
