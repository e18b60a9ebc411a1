//! Random commands against a plain model of a queue: a list that is walked for everything.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A message as the model knows it.
#[derive(Clone, Debug)]
struct Plain {
    body: String,
    group: String,
    visible_from: u64,
    in_flight: bool,
    receives: u32,
}

#[derive(Clone, Debug)]
enum Step {
    Send { group: u8, delay: u8 },
    Receive { most: u8, timeout: u8 },
    Delete { which: usize },
    Return { which: usize, seconds: u8 },
    Pass { seconds: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, prop_oneof![Just(0_u8), 1..20_u8]).prop_map(|(group, delay)| Step::Send { group, delay }),
        (1..5_u8, 1..20_u8).prop_map(|(most, timeout)| Step::Receive { most, timeout }),
        any::<usize>().prop_map(|which| Step::Delete { which }),
        (any::<usize>(), 0..20_u8).prop_map(|(which, seconds)| Step::Return { which, seconds }),
        (1..15_u8).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// The model: messages in the order they were sent.
#[derive(Default)]
struct Model {
    messages: BTreeMap<u64, Plain>,
    sent: u64,
}

impl Model {
    fn ripen(&mut self, now: u64) {
        for message in self.messages.values_mut().filter(|message| message.visible_from <= now) {
            message.in_flight = false;
        }
    }

    /// Messages that may be received: on FIFO queues only those before the first invisible one of their group.
    fn receivable(&self, fifo: bool, now: u64) -> Vec<u64> {
        let blocked = |number: u64, message: &Plain| {
            self.messages
                .range(..number)
                .any(|(_, other)| fifo && other.group == message.group && other.visible_from > now)
        };
        let open = self
            .messages
            .iter()
            .filter(|(number, message)| message.visible_from <= now && !blocked(**number, message));
        open.map(|(number, _)| *number).collect()
    }
}

fn run(fifo_queue: bool, steps: &[Step]) {
    let kind = if fifo_queue { fifo() } else { settings(QueueKind::Standard) };
    let mut bench = Bench::with(&[("q", kind)]);
    let mut model = Model::default();
    let mut taken: Vec<(Taken, u64)> = Vec::new();
    for step in steps {
        let now = bench.now.0;
        model.ripen(now);
        match *step {
            Step::Send { group, delay } => {
                model.sent += 1;
                let (group, body) = (format!("g{group}"), format!("m{}", model.sent));
                let delay = if fifo_queue { 0 } else { delay };
                bench.send("q", NewMessage { delay_seconds: Some(delay.into()), ..in_group(&group, &body) });
                let visible_from = now + u64::from(delay) * 1000;
                let plain = Plain { body, group, visible_from, in_flight: false, receives: 0 };
                model.messages.insert(model.sent, plain);
            }
            Step::Receive { most, timeout } => {
                let ask = Ask {
                    max_messages: most.into(),
                    visibility_timeout_seconds: Some(timeout.into()),
                    attempt: None,
                };
                let receivable = model.receivable(fifo_queue, now);
                let got = bench.ask("q", &ask).unwrap();
                assert_eq!(got.len(), receivable.len().min(most.into()), "as many as there are");
                for one in got {
                    let body = bench.body(&one);
                    let number: u64 = body[1..].parse().unwrap();
                    assert!(receivable.contains(&number), "{body} may not be received");
                    let plain = model.messages.get_mut(&number).unwrap();
                    assert_eq!(plain.body, body);
                    plain.receives += 1;
                    assert_eq!(one.receive_count, plain.receives);
                    plain.in_flight = true;
                    plain.visible_from = now + u64::from(timeout) * 1000;
                    taken.push((one, number));
                }
                if fifo_queue {
                    assert!(in_order(&model), "a group was received out of order");
                }
            }
            Step::Delete { which } if !taken.is_empty() => {
                let (one, number) = taken[which % taken.len()].clone();
                let latest =
                    model.messages.get(&number).is_some_and(|plain| plain.receives == one.receive_count);
                let current = latest && model.messages[&number].in_flight;
                let done = bench.delete("q", &one);
                match (fifo_queue, model.messages.contains_key(&number), current) {
                    (true, true, false) => assert_eq!(done, Err(Refusal::ExpiredReceiptHandle)),
                    _ => assert_eq!(done, Ok(())),
                }
                if latest && done.is_ok() {
                    model.messages.remove(&number);
                }
            }
            Step::Return { which, seconds } if !taken.is_empty() => {
                let (one, number) = taken[which % taken.len()].clone();
                if bench.settle("q", &one, Settle::VisibleIn { seconds: seconds.into() }).is_ok() {
                    let plain = model.messages.get_mut(&number).unwrap();
                    assert_eq!(plain.receives, one.receive_count, "an old handle changes nothing");
                    plain.visible_from = now + u64::from(seconds) * 1000;
                    plain.in_flight = seconds > 0;
                }
            }
            Step::Pass { seconds } => bench.pass(seconds.into()),
            _ => {}
        }
        let now = bench.now.0;
        model.ripen(now);
        let invisible = |in_flight: bool| {
            let hidden = model.messages.values().filter(|plain| plain.visible_from > now);
            hidden.filter(|plain| plain.in_flight == in_flight).count() as u64
        };
        let visible = model.messages.values().filter(|plain| plain.visible_from <= now).count() as u64;
        assert_eq!(bench.counts("q"), (visible, invisible(true), invisible(false)));
    }
}

/// In each group, what is in flight stands before what was never received.
fn in_order(model: &Model) -> bool {
    let groups: Vec<&String> = model.messages.values().map(|plain| &plain.group).collect();
    groups.into_iter().all(|group| {
        let mut received =
            model.messages.values().filter(|plain| plain.group == *group).map(|plain| plain.receives > 0);
        received.by_ref().skip_while(|before| *before).all(|after| !after)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_standard_queue_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        run(false, &steps);
    }

    #[test]
    fn a_fifo_queue_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        run(true, &steps);
    }

    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut versioned = vec![2];
        versioned.extend(&bytes);
        let _ = Record::decode(&versioned, 0);
        let _ = Partition::restore(&versioned);
    }
}
