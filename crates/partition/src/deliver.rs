//! A letter from another partition's outbox arrives: exactly once, whatever is repeated.

use bytes::Bytes;
use engine::Timestamp;

use crate::commit::{length, visible_at};
use crate::operation::{OutboundLetter, Sent};
use crate::{Decision, Operation, Partition};

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is in its queue.
    Stored,
    /// It had arrived before.
    Repeated,
    /// FIFO: a duplicate of another send.
    Duplicate,
    /// Its queue no longer exists; the letter is gone.
    NoSuchQueue,
}

impl Partition {
    /// Takes in letter `number` of partition `source`.
    pub fn deliver(
        &self,
        source: u16,
        number: u64,
        letter: &OutboundLetter,
        content: Bytes,
        now: Timestamp,
    ) -> Decision<Arrival> {
        if self.arrived.get(&source).is_some_and(|highest| number <= *highest) {
            return Decision {
                operations: Vec::new(),
                contents: Vec::new(),
                answer: Arrival::Repeated,
                wait: true,
            };
        }
        let arrived = Operation::Arrived { source, number };
        let Ok((queue, state)) = self.find(&letter.to) else {
            return Decision::durable(vec![arrived], Arrival::NoSuchQueue);
        };
        let key = letter
            .deduplication_id
            .as_ref()
            .filter(|_| state.is_fifo() && letter.dead_letter_source.is_none());
        let key = key.map(|id| state.deduplication_key(letter.group.as_ref(), id));
        if key.is_some_and(|key| state.deduplication.get(&key).is_some_and(|first| first.until > now)) {
            return Decision::durable(vec![arrived], Arrival::Duplicate);
        }
        let delay = letter.delay_seconds.unwrap_or(state.settings().delay_seconds);
        let delay = if letter.dead_letter_source.is_some() { 0 } else { delay };
        let sent = Sent {
            queue,
            message: state.next_message,
            id: letter.id,
            group: letter.group.clone(),
            deduplication_id: letter.deduplication_id.clone(),
            sent_at: letter.sent_at,
            kept_from: if state.is_fifo() { now } else { letter.kept_from },
            visible_at: visible_at(now, delay),
            receive_count: letter.receive_count,
            first_received_at: letter.first_received_at,
            dead_letter_source: letter.dead_letter_source.clone(),
            content_length: length(&content),
        };
        Decision {
            operations: vec![arrived, Operation::Sent(sent)],
            contents: vec![content],
            answer: Arrival::Stored,
            wait: true,
        }
    }
}
