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
