//! Looking changes nothing.

use engine::{QueueKind, Standing};

use super::*;

#[test]
fn a_peek_shows_every_message_where_it_stands_and_receives_none() {
    let mut bench = Bench::with(&[("q", settings(QueueKind::Standard))]);
    bench.send("q", message("one"));
    bench.send("q", message("two"));
    bench.send("q", NewMessage { delay_seconds: Some(60), ..message("later") });
    bench.take("q", 1);
    let before = bench.partition.counts(&key("q"));
    let seen = bench.partition.peek(&key("q"), 0, 10).unwrap();
    let standings: Vec<(Standing, u32)> = seen.iter().map(|one| (one.standing, one.receive_count)).collect();
    assert_eq!(standings, [(Standing::InFlight, 1), (Standing::Visible, 0), (Standing::Delayed, 0)]);
    assert_eq!(bench.partition.peek(&key("q"), seen[0].number, 1).unwrap(), [seen[1].clone()]);
    assert_eq!(bench.partition.counts(&key("q")), before);
    assert!(bench.partition.peek(&key("other"), 0, 10).is_err());
}

#[test]
fn an_activity_counts_what_came_and_what_is_left() {
    let mut bench =
        Bench::with(&[("a", settings(QueueKind::Standard)), ("b", settings(QueueKind::Standard))]);
    for body in ["one", "two"] {
        bench.send("a", message(body));
    }
    let taken = bench.take("a", 1);
    bench.delete("a", &taken[0]).unwrap();
    let activities = bench.partition.activities("a");
    assert_eq!(activities.len(), 1);
    assert_eq!((activities[0].entered, activities[0].counts.visible), (2, 1));
    assert_eq!(bench.partition.activities("").len(), 2);
}
