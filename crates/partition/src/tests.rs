//! A test a rule of AWS's documentation, on a partition whose records are kept: after each test's steps, replaying them
//! and restoring a snapshot must give the same state.

mod fair;
mod fifo;
mod outbox;
mod peek;
mod random;
mod random_fifo;
mod redrive;
mod standard;

use std::sync::Arc;

use bytes::Bytes;
use engine::{
    DeadLetter, DeduplicationScope, Enqueue, MessageId, NewMessage, QueueKey, QueueKind, QueueSettings,
    Refusal, Settle, Timestamp,
};

use crate::{Ask, Decision, Operation, Partition, Record, Taken};

/// One partition, its clock and its journal.
struct Bench {
    own: u16,
    partition: Partition,
    journal: Vec<Vec<u8>>,
    now: Timestamp,
    ids: u128,
}

fn settings(kind: QueueKind) -> QueueSettings {
    QueueSettings {
        kind,
        delay_seconds: 0,
        retention_seconds: 345_600,
        visibility_timeout_seconds: 30,
        dead_letter: None,
        in_flight_max: 120_000,
    }
}

fn fifo() -> QueueSettings {
    settings(QueueKind::Fifo(DeduplicationScope::Queue))
}

fn key(name: &str) -> QueueKey {
    QueueKey::new(name)
}

fn message(body: &str) -> NewMessage {
    NewMessage {
        id: MessageId(0),
        content: Bytes::copy_from_slice(body.as_bytes()),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    }
}

fn in_group(group: &str, body: &str) -> NewMessage {
    NewMessage { group: Some(group.into()), deduplication_id: Some(body.into()), ..message(body) }
}

impl Bench {
    fn new() -> Self {
        Self {
            own: 0,
            partition: Partition::default(),
            journal: Vec::new(),
            now: Timestamp(1_000_000),
            ids: 0,
        }
    }

    fn with(queues: &[(&str, QueueSettings)]) -> Self {
        let mut bench = Self::new();
        for (name, settings) in queues {
            let decision =
                bench.partition.create(key(name), settings.clone(), Vec::new(), bench.now).unwrap();
            bench.carry_out(decision);
        }
        bench
    }

    /// As the engine does it: one record, applied at once.
    fn carry_out<A>(&mut self, decision: Decision<A>) -> A {
        let Decision { operations, contents, answer, .. } = decision;
        if operations.is_empty() {
            return answer;
        }
        let position = self.journal.len() as u64;
        let record = Record::encode(&operations, contents);
        self.journal.push(record.parts().concat());
        for (operation, location) in operations.iter().zip(record.locations(&operations, position)) {
            self.partition.apply(operation, location);
        }
        answer
    }

    fn pass(&mut self, seconds: u32) {
        self.now = self.now.plus_seconds(seconds);
        self.partition.advance(self.now);
    }

    /// Queues named `far…` lie in partition 1.
    fn peer(&self, queue: &QueueKey) -> Option<u16> {
        if queue.as_str().starts_with("far") {
            return Some(1);
        }
        self.partition.queue(queue).is_ok().then_some(self.own)
    }

    fn send_all(&mut self, sends: Vec<(&str, NewMessage)>) -> Result<Vec<engine::Sent>, Refusal> {
        let mut enqueue = Vec::new();
        for (queue, message) in sends {
            self.ids += 1;
            enqueue.push(Enqueue {
                queue: key(queue),
                message: NewMessage { id: MessageId(self.ids), ..message },
            });
        }
        self.partition.advance(self.now);
        let decision = self.partition.commit(enqueue, self.own, &|queue| self.peer(queue), self.now)?;
        Ok(self.carry_out(decision))
    }

    fn send(&mut self, queue: &str, message: NewMessage) -> engine::Sent {
        self.send_all(vec![(queue, message)]).unwrap()[0]
    }

    fn ask(&mut self, queue: &str, ask: &Ask) -> Result<Vec<Taken>, Refusal> {
        self.partition.advance(self.now);
        let decision =
            self.partition.receive(&key(queue), ask, self.own, &|queue| self.peer(queue), self.now)?;
        Ok(self.carry_out(decision))
    }

    fn take(&mut self, queue: &str, max_messages: u32) -> Vec<Taken> {
        self.ask(queue, &Ask { max_messages, visibility_timeout_seconds: None, attempt: None }).unwrap()
    }

    fn settle(&mut self, queue: &str, taken: &Taken, settle: Settle) -> Result<(), Refusal> {
        self.partition.advance(self.now);
        let decision = self.partition.settle(&key(queue), &[(taken.receipt, settle)], self.now).unwrap();
        self.carry_out(decision).remove(0)
    }

    fn delete(&mut self, queue: &str, taken: &Taken) -> Result<(), Refusal> {
        self.settle(queue, taken, Settle::Delete)
    }

    /// The content, read from the journal as a receiver's would be.
    fn body(&self, taken: &Taken) -> String {
        let (at, content) = (usize::try_from(taken.content.position).unwrap(), taken.content);
        let (from, to) = (content.offset as usize, (content.offset + content.length) as usize);
        String::from_utf8(self.journal[at][from..to].to_vec()).unwrap()
    }

    fn bodies(&self, taken: &[Taken]) -> Vec<String> {
        taken.iter().map(|taken| self.body(taken)).collect()
    }

    /// Visible, not visible, delayed.
    fn counts(&mut self, queue: &str) -> (u64, u64, u64) {
        self.partition.advance(self.now);
        let counts = self.partition.counts(&key(queue)).unwrap();
        (counts.visible, counts.not_visible, counts.delayed)
    }

    fn replayed(&self) -> Partition {
        let mut partition = Partition::default();
        for (position, record) in (0..).zip(&self.journal) {
            for (operation, location) in Record::decode(record, position).unwrap() {
                partition.apply(&operation, location);
            }
        }
        partition.advance(self.now);
        partition
    }
}

impl Drop for Bench {
    /// Replay equals live, and so does a restored snapshot.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.partition.advance(self.now);
        let live = self.partition.image().encode();
        assert_eq!(self.replayed().image().encode(), live, "replay differs from live");
        let mut restored = Partition::restore(&live).unwrap();
        restored.advance(self.now);
        assert_eq!(restored.image().encode(), live, "a restored snapshot differs from live");
        assert_eq!(
            restored.content_bytes(),
            self.partition.content_bytes(),
            "accounts differ after a restore"
        );
        assert_eq!(restored.due(), self.partition.due(), "timers differ after a restore");
    }
}

/// Keeps the bench's type of operations in view of the tests.
fn operations<A>(decision: &Decision<A>) -> &[Operation] {
    &decision.operations
}

fn dead_letter(to: &str, max_receive_count: u32) -> DeadLetter {
    DeadLetter { target: key(to), max_receive_count }
}

fn attempt(max_messages: u32, id: &str) -> Ask {
    Ask { max_messages, visibility_timeout_seconds: None, attempt: Some(Arc::from(id)) }
}
