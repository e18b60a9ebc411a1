//! FIFO queues against a plain model: groups as lists that are walked for everything. The model knows every rule but the
//! order between groups, which AWS leaves open.

use std::collections::{BTreeMap, BTreeSet};

use engine::Moving;
use proptest::prelude::*;

use super::*;

const MAX_RECEIVES: u32 = 2;
const WINDOW: u64 = 300_000;

#[derive(Clone, Debug)]
enum Step {
    Send { group: u8, deduplication_id: u8 },
    Receive { most: u8, timeout: u8, attempt: Option<u8> },
    Delete { which: usize },
    Return { which: usize, seconds: u8 },
    Redrive { most: u8 },
    Purge,
    Pass { seconds: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, 0..40_u8).prop_map(|(group, deduplication_id)| Step::Send { group, deduplication_id }),
        6 => (1..5_u8, 1..20_u8, prop::option::of(0..2_u8))
            .prop_map(|(most, timeout, attempt)| Step::Receive { most, timeout, attempt }),
        4 => any::<usize>().prop_map(|which| Step::Delete { which }),
        3 => (any::<usize>(), 0..20_u8).prop_map(|(which, seconds)| Step::Return { which, seconds }),
        1 => (1..4_u8).prop_map(|most| Step::Redrive { most }),
        1 => Just(Step::Purge),
        4 => prop_oneof![4 => 1..15_u16, 1 => 100..400_u16].prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// A message as the model knows it.
#[derive(Clone, Debug)]
struct Plain {
    body: String,
    visible_from: u64,
    in_flight: bool,
    receives: u32,
}

impl Plain {
    fn is_dead(&self) -> bool {
        self.receives >= MAX_RECEIVES
    }
}

/// An attempt: what it was given, and until when it may be repeated.
#[derive(Clone, Debug)]
struct Tried {
    taken: Vec<Taken>,
    bodies: Vec<String>,
    until: u64,
}

type Lists = BTreeMap<String, Vec<Plain>>;

#[derive(Default)]
struct Model {
    queue: Lists,
    dead: Lists,
    remembered: BTreeMap<u8, u64>,
    tried: BTreeMap<u8, Tried>,
    sent: u64,
}

/// The messages of a group from its head up to the first that is invisible.
fn open(list: &[Plain], now: u64) -> impl Iterator<Item = &Plain> {
    list.iter().take_while(move |plain| plain.visible_from <= now)
}

impl Model {
    fn find(&mut self, body: &str) -> Option<&mut Plain> {
        self.queue.values_mut().flatten().find(|plain| plain.body == body)
    }

    /// What handed a message out cannot be repeated once the message was changed.
    fn changed(&mut self, body: &str) {
        self.tried.retain(|_, tried| !tried.bodies.iter().any(|other| other == body));
    }

    fn remove(&mut self, body: &str) {
        self.changed(body);
        for list in self.queue.values_mut() {
            list.retain(|plain| plain.body != body);
        }
    }

    fn ripen(&mut self, now: u64) {
        for plain in self.queue.values_mut().flatten().filter(|plain| plain.visible_from <= now) {
            plain.in_flight = false;
        }
    }

    fn bodies(lists: &Lists) -> BTreeMap<String, Vec<String>> {
        let named = lists.iter().filter(|(_, list)| !list.is_empty());
        named
            .map(|(group, list)| (group.clone(), list.iter().map(|plain| plain.body.clone()).collect()))
            .collect()
    }
}

/// What a queue really holds: bodies by group, in order.
fn held(bench: &Bench, name: &str) -> BTreeMap<String, Vec<String>> {
    let (_, queue) = bench.partition.find(&key(name)).unwrap();
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, message) in queue.messages.iter() {
        let (at, content) = (usize::try_from(message.content.position).unwrap(), message.content);
        let (from, to) = (content.offset as usize, (content.offset + content.length) as usize);
        let body = String::from_utf8(bench.journal[at][from..to].to_vec()).unwrap();
        held.entry(message.group().unwrap().to_string()).or_default().push(body);
    }
    held
}

struct Run {
    bench: Bench,
    model: Model,
    taken: Vec<(Taken, String)>,
}

impl Run {
    fn new() -> Self {
        let source = QueueSettings { dead_letter: Some(dead_letter("dlq", MAX_RECEIVES)), ..fifo() };
        let bench = Bench::with(&[("dlq", fifo()), ("q", source)]);
        Self { bench, model: Model::default(), taken: Vec::new() }
    }

    fn now(&self) -> u64 {
        self.bench.now.0
    }

    fn step(&mut self, step: &Step) {
        let now = self.now();
        self.model.ripen(now);
        match *step {
            Step::Send { group, deduplication_id } => self.send(group, deduplication_id),
            Step::Receive { most, timeout, attempt } => self.receive(most.into(), timeout.into(), attempt),
            Step::Delete { which } if !self.taken.is_empty() => self.delete(which % self.taken.len()),
            Step::Return { which, seconds } if !self.taken.is_empty() => {
                self.put_back(which % self.taken.len(), seconds.into());
            }
            Step::Redrive { most } => self.redrive(most.into()),
            Step::Purge => self.purge(),
            Step::Pass { seconds } => self.bench.pass(seconds.into()),
            _ => {}
        }
        assert_eq!(held(&self.bench, "q"), Model::bodies(&self.model.queue), "after {step:?}");
        assert_eq!(held(&self.bench, "dlq"), Model::bodies(&self.model.dead), "after {step:?}");
    }

    fn send(&mut self, group: u8, deduplication_id: u8) {
        let now = self.now();
        self.model.sent += 1;
        let (group, body) = (format!("g{group}"), format!("m{}", self.model.sent));
        let id = Some(format!("d{deduplication_id}").into());
        let sent = self.bench.send("q", NewMessage { deduplication_id: id, ..in_group(&group, &body) });
        let until = self.model.remembered.get(&deduplication_id);
        assert_eq!(
            sent.duplicate,
            until.is_some_and(|until| *until > now),
            "the same id within five minutes"
        );
        if !sent.duplicate {
            self.model.remembered.insert(deduplication_id, now + WINDOW);
            let plain = Plain { body, visible_from: now, in_flight: false, receives: 0 };
            self.model.queue.entry(group).or_default().push(plain);
        }
    }

    fn receive(&mut self, most: usize, timeout: u32, attempt: Option<u8>) {
        let now = self.now();
        let ask = Ask {
            max_messages: u32::try_from(most).unwrap(),
            visibility_timeout_seconds: Some(timeout),
            attempt: attempt.map(|attempt| format!("t{attempt}").into()),
        };
        let got = self.bench.ask("q", &ask).unwrap();
        let visible_from = now + u64::from(timeout) * 1000;
        let again = attempt.and_then(|attempt| self.model.tried.get(&attempt).cloned());
        if let Some(tried) = again.filter(|tried| tried.until > now && self.are_in_flight(&tried.bodies)) {
            assert_eq!(
                got, tried.taken,
                "a repeated attempt is given the same messages under the same handles"
            );
            for body in &tried.bodies {
                self.model.find(body).unwrap().visible_from = visible_from;
            }
            return;
        }
        let bodies = self.bench.bodies(&got);
        self.check(&bodies, most);
        self.bury(&bodies);
        for (one, body) in got.iter().zip(&bodies) {
            self.model.changed(body);
            let plain = self.model.find(body).unwrap();
            plain.receives += 1;
            (plain.in_flight, plain.visible_from) = (true, visible_from);
            assert_eq!(one.receive_count, plain.receives);
            self.taken.push((one.clone(), body.clone()));
        }
        if let Some(attempt) = attempt.filter(|_| !got.is_empty()) {
            self.model.tried.insert(attempt, Tried { taken: got, bodies, until: now + WINDOW });
        }
    }

    fn are_in_flight(&mut self, bodies: &[String]) -> bool {
        bodies.iter().all(|body| self.model.find(body).is_some_and(|plain| plain.in_flight))
    }

    /// Of each group a whole run from its head, of all but the last everything; in all as many as there are.
    fn check(&self, got: &[String], most: usize) {
        let now = self.now();
        let alive = |list: &[Plain]| -> Vec<String> {
            open(list, now).filter(|plain| !plain.is_dead()).map(|plain| plain.body.clone()).collect()
        };
        let alive: Vec<Vec<String>> = self.model.queue.values().map(|list| alive(list)).collect();
        assert_eq!(got.len(), most.min(alive.iter().map(Vec::len).sum()), "as many as there are");
        let mut rest = got;
        while let Some(first) = rest.first() {
            let group = alive.iter().find(|group| group.first() == Some(first));
            let group = group.expect("a group is received from its head");
            let taken = group.len().min(rest.len());
            assert_eq!(rest[..taken], group[..taken], "as many of one group as possible, in order");
            rest = &rest[taken..];
        }
    }

    /// What vanished has gone to the dead letters: it was open, and received too often.
    fn bury(&mut self, got: &[String]) {
        let now = self.now();
        let left: BTreeSet<String> = held(&self.bench, "q").into_values().flatten().collect();
        for (group, list) in &mut self.model.queue {
            let stays = |plain: &Plain| left.contains(&plain.body);
            let buried: Vec<Plain> = list.iter().filter(|plain| !stays(plain)).cloned().collect();
            let open: Vec<String> = open(list, now).map(|plain| plain.body.clone()).collect();
            assert!(buried.iter().all(|plain| plain.is_dead() && open.contains(&plain.body)));
            let last = list.iter().rposition(|plain| got.contains(&plain.body)).unwrap_or(0);
            let overtaken = list[..last].iter().find(|plain| stays(plain) && !got.contains(&plain.body));
            assert!(overtaken.is_none(), "{overtaken:?} was overtaken by its group");
            list.retain(stays);
            let buried = buried.into_iter().map(|plain| Plain { in_flight: false, visible_from: 0, ..plain });
            self.model.dead.entry(group.clone()).or_default().extend(buried);
        }
        let gone: Vec<String> = self.model.dead.values().flatten().map(|plain| plain.body.clone()).collect();
        for body in gone {
            self.model.changed(&body);
        }
    }

    fn delete(&mut self, which: usize) {
        let (one, body) = self.taken[which].clone();
        let expected = match self.model.find(&body) {
            Some(plain) if plain.receives != one.receive_count || !plain.in_flight => {
                Err(Refusal::ExpiredReceiptHandle)
            }
            _ => Ok(()),
        };
        let known = self.knows(&one);
        let done = self.bench.delete("q", &one);
        if !known {
            assert_eq!(done, Ok(()), "a message that is gone is deleted again");
            return;
        }
        assert_eq!(done, expected);
        if done.is_ok() {
            self.model.remove(&body);
        }
    }

    /// Whether the very message that was received is still in the queue: one that was redriven is another.
    fn knows(&self, one: &Taken) -> bool {
        let (_, queue) = self.bench.partition.find(&key("q")).unwrap();
        queue.messages.get(one.receipt.message).is_some()
    }

    fn put_back(&mut self, which: usize, seconds: u32) {
        let now = self.now();
        let (one, body) = self.taken[which].clone();
        let known = self.knows(&one);
        let expected = match self.model.find(&body).filter(|_| known) {
            Some(plain) if plain.receives != one.receive_count => Err(Refusal::NotInFlight),
            Some(plain) if !plain.in_flight => Err(Refusal::ExpiredReceiptHandle),
            Some(_) => Ok(()),
            None => Err(Refusal::NotInFlight),
        };
        let done = self.bench.settle("q", &one, Settle::VisibleIn { seconds });
        assert_eq!(done, expected);
        if done.is_ok() {
            self.model.changed(&body);
            let plain = self.model.find(&body).unwrap();
            (plain.in_flight, plain.visible_from) = (seconds > 0, now + u64::from(seconds) * 1000);
        }
    }

    fn redrive(&mut self, most: usize) {
        let now = self.now();
        let ids = (0..most).map(|number| MessageId((1 << 100) + u128::from(now) + number as u128)).collect();
        let moving = Moving { queue: key("dlq"), to: None, ids, through: None };
        let peers = |queue: &QueueKey| self.bench.peer(queue);
        let decision = self.bench.partition.move_messages(&moving, 0, &peers, self.bench.now).unwrap();
        let moved = self.bench.carry_out(decision).moved as usize;
        assert_eq!(moved, most.min(self.model.dead.values().map(Vec::len).sum()));
        let left: BTreeSet<String> = held(&self.bench, "dlq").into_values().flatten().collect();
        for (group, list) in &mut self.model.dead {
            let count = list.iter().take_while(|plain| !left.contains(&plain.body)).count();
            let back = list.drain(..count);
            let back = back.map(|plain| Plain { visible_from: now, in_flight: false, receives: 0, ..plain });
            self.model.queue.entry(group.clone()).or_default().extend(back);
        }
    }

    fn purge(&mut self) {
        if let Ok(decision) = self.bench.partition.purge(&key("q"), self.bench.now) {
            self.bench.carry_out(decision);
            let (dead, sent) = (std::mem::take(&mut self.model.dead), self.model.sent);
            self.model = Model { dead, sent, ..Model::default() };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fifo_queue_with_dead_letters_and_attempts_does_what_the_model_does(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
    }
}
