//! Fair queues.

use super::*;

fn one() -> Bench {
    Bench::with(&[("q", settings(QueueKind::Standard))])
}

fn send(bench: &mut Bench, tenant: &str, count: usize) {
    for number in 0..count {
        bench.send("q", in_group(tenant, &format!("{tenant}{number}")));
    }
}

fn take_one(bench: &mut Bench) -> String {
    let taken = bench.take("q", 1);
    bench.bodies(&taken).remove(0)
}

#[test]
fn messages_of_quiet_tenants_come_in_the_order_they_were_sent() {
    let mut bench = one();
    for (tenant, body) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("b", "5")] {
        bench.send("q", in_group(tenant, body));
    }
    bench.send("q", message("6"));
    bench.send("q", in_group("a", "7"));
    let taken = bench.take("q", 10);
    assert_eq!(bench.bodies(&taken), ["1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn a_tenant_with_thirty_and_more_than_a_tenth_in_flight_waits_for_quiet_ones() {
    let mut bench = one();
    send(&mut bench, "noisy", 60);
    send(&mut bench, "quiet", 1);
    bench.send("q", message("of no tenant"));
    for _ in 0..29 {
        bench.take("q", 1);
    }
    assert_eq!(take_one(&mut bench), "noisy29", "29 in flight are not many");
    assert_eq!(take_one(&mut bench), "quiet0");
    assert_eq!(take_one(&mut bench), "of no tenant", "a message without a group is a tenant of its own");
    assert_eq!(take_one(&mut bench), "noisy30", "nothing is dropped or held back");
}

#[test]
fn a_tenth_of_what_is_in_flight_is_not_noisy() {
    let mut bench = one();
    for _ in 0..300 {
        bench.send("q", message("x"));
    }
    send(&mut bench, "big", 40);
    send(&mut bench, "small", 1);
    for _ in 0..33 {
        bench.take("q", 10);
    }
    assert_eq!(bench.counts("q"), (11, 330, 0), "30 of 330 are the big tenant's");
    assert_eq!(take_one(&mut bench), "big30");
}

#[test]
fn among_noisy_tenants_the_one_with_the_fewest_in_flight_goes_first() {
    let mut bench = one();
    send(&mut bench, "b", 40);
    send(&mut bench, "a", 40);
    for _ in 0..6 {
        bench.take("q", 10);
    }
    let next: Vec<String> = (0..4).map(|_| take_one(&mut bench)).collect();
    assert_eq!(next, ["a30", "b30", "a31", "b31"]);
}

#[test]
fn a_tenant_whose_messages_are_deleted_is_quiet_again() {
    let mut bench = one();
    send(&mut bench, "noisy", 60);
    send(&mut bench, "quiet", 1);
    let taken: Vec<Taken> = (0..3).flat_map(|_| bench.take("q", 10)).collect();
    for one in &taken {
        bench.delete("q", one).unwrap();
    }
    assert_eq!(take_one(&mut bench), "noisy30");
}

/// A consumer receives so many messages and deletes each after so many seconds.
fn work(bench: &mut Bench, count: usize, seconds: u32) {
    for _ in 0..count {
        let taken = bench.take("q", 1).remove(0);
        bench.pass(seconds);
        bench.delete("q", &taken).unwrap();
    }
}

#[test]
fn a_tenant_with_more_than_a_tenth_of_the_processing_time_waits_for_quiet_ones() {
    let mut bench = one();
    send(&mut bench, "slow", 10);
    work(&mut bench, 2, 14);
    send(&mut bench, "quick", 1);
    assert_eq!(take_one(&mut bench), "slow2", "28 seconds are no busy consumers");
    work(&mut bench, 1, 14);
    assert_eq!(take_one(&mut bench), "quick0");
    assert_eq!(take_one(&mut bench), "slow4", "nothing is dropped or held back");
}

#[test]
fn a_tenth_of_the_processing_time_is_not_noisy() {
    let mut bench = one();
    send(&mut bench, "a", 1);
    for _ in 0..9 {
        bench.send("q", message("of no tenant"));
    }
    send(&mut bench, "a", 1);
    bench.send("q", message("last"));
    // Messages of no tenant take their part of the whole.
    work(&mut bench, 10, 20);
    assert_eq!(take_one(&mut bench), "a0", "20 of 200 seconds");
}

#[test]
fn a_noisy_tenant_is_quiet_once_nothing_of_it_waits() {
    let mut bench = one();
    send(&mut bench, "slow", 3);
    send(&mut bench, "other", 1);
    work(&mut bench, 2, 29);
    assert_eq!(take_one(&mut bench), "other0", "slow has all the processing time");
    assert_eq!(take_one(&mut bench), "slow2");
    send(&mut bench, "slow", 1);
    send(&mut bench, "late", 1);
    assert_eq!(take_one(&mut bench), "slow0", "its backlog was used up");
}

#[test]
fn a_noisy_tenant_is_quiet_after_five_minutes_without_a_message() {
    let mut bench = one();
    send(&mut bench, "noisy", 60);
    for _ in 0..40 {
        let taken = bench.take("q", 1).remove(0);
        bench.settle("q", &taken, Settle::VisibleIn { seconds: 3600 }).unwrap();
    }
    bench.pass(299);
    send(&mut bench, "quiet", 1);
    assert_eq!(take_one(&mut bench), "quiet0");
    bench.pass(1);
    send(&mut bench, "quiet", 1);
    assert_eq!(take_one(&mut bench), "noisy40");
}

#[test]
fn processing_time_is_forgotten_after_a_while() {
    let mut bench = one();
    send(&mut bench, "slow", 10);
    work(&mut bench, 2, 29);
    bench.pass(600);
    send(&mut bench, "slow", 1);
    send(&mut bench, "quick", 1);
    assert_eq!(take_one(&mut bench), "slow2");
}
