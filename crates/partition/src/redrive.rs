//! Moving messages out of a dead-letter queue again: each becomes a new message of another queue, in the same record in
//! which it leaves this one.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>

use std::collections::HashMap;
use std::hash::Hash;

use engine::{MessageId, Moved, Moving, QueueKey, Refusal, Timestamp};

use crate::commit::visible_at;
use crate::message::Message;
use crate::queue::QueueState;
use crate::{Decision, Operation, OutboundLetter, Partition, Peers};

/// What a move has decided so far: later messages of it must see the earlier ones.
struct Draft<'a> {
    own: u16,
    peers: Peers<'a>,
    now: Timestamp,
    operations: Vec<Operation>,
    /// Messages added, by queue.
    added: HashMap<u32, u64>,
    /// Letters posted, by partition.
    posted: HashMap<u16, u64>,
}

/// How many there were before; one more from now on.
fn count<K: Eq + Hash>(counts: &mut HashMap<K, u64>, of: K) -> u64 {
    let count = counts.entry(of).or_default();
    *count += 1;
    *count - 1
}

impl Partition {
    /// Moves visible messages, as many as there are fresh ids. Stops before one that cannot be moved, and refuses if that
    /// is the first. `own` is this partition's number. Call `advance` first.
    pub fn move_messages(
        &self,
        moving: &Moving,
        own: u16,
        peers: Peers<'_>,
        now: Timestamp,
    ) -> Result<Decision<Moved>, Refusal> {
        let (number, queue) = self.find(&moving.queue)?;
        let through = moving.through.unwrap_or(queue.next_message - 1);
        let (operations, added, posted) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut draft = Draft { own, peers, now, operations, added, posted };
        let mut messages = Vec::new();
        for (message, id) in queue.movable(through, moving.ids.len(), now).into_iter().zip(&moving.ids) {
            match self.redrive(&mut draft, (number, queue), message, *id, moving.to.as_ref()) {
                Ok(to) => {
                    let old = queue.messages.get(message).map_or(*id, Message::id);
                    messages.push((old, *id, to));
                }
                Err(refusal) if draft.operations.is_empty() => return Err(refusal),
                Err(_) => break,
            }
        }
        let moved = u32::try_from(draft.operations.len()).unwrap_or(u32::MAX);
        Ok(Decision::durable(draft.operations, Moved { moved, through, messages }))
    }

    fn redrive(
        &self,
        draft: &mut Draft<'_>,
        (queue, state): (u32, &QueueState),
        message: u64,
        id: MessageId,
        to: Option<&QueueKey>,
    ) -> Result<QueueKey, Refusal> {
        let source = || state.messages.get(message).and_then(Message::dead_letter_source);
        let to = to.or_else(source).ok_or(Refusal::NoSource)?;
        let partition = (draft.peers)(to).ok_or_else(|| Refusal::NoSuchQueue(to.clone()))?;
        let at = draft.now;
        let operation = if partition == draft.own {
            let (target, target_state) = self.find(to)?;
            let number = target_state.next_message + count(&mut draft.added, target);
            let visible_at = visible_at(at, target_state.settings().delay_seconds);
            Operation::Redriven { queue, message, target, number, id, at, visible_at }
        } else {
            let last = self.outboxes.get(&partition).map_or(0, |outbox| outbox.last);
            let number = last + 1 + count(&mut draft.posted, partition);
            Operation::OutboundRedriven { target: partition, number, queue, message, to: to.clone(), id, at }
        };
        draft.operations.push(operation);
        Ok(to.clone())
    }

    pub(crate) fn redriven(
        &mut self,
        from: (u32, u64),
        to: (u32, u64),
        id: MessageId,
        times: [Timestamp; 2],
    ) {
        let Some(old) = self.with(from.0, |queue| queue.remove(from.1)).flatten() else { return };
        let [at, visible_at] = times;
        let mut message = Message::new(id, old.content, at, visible_at);
        message.set_group(old.group().cloned());
        self.with(to.0, |queue| {
            queue.next_message = queue.next_message.max(to.1 + 1);
            queue.insert(to.1, message);
        });
    }

    /// A message on its way out, as a new one.
    pub(crate) fn redriven_letter(
        message: &Message,
        to: &QueueKey,
        id: MessageId,
        at: Timestamp,
    ) -> OutboundLetter {
        OutboundLetter {
            to: to.clone(),
            id,
            group: message.group().cloned(),
            deduplication_id: None,
            delay_seconds: None,
            sent_at: at,
            kept_from: at,
            receive_count: 0,
            first_received_at: Timestamp(0),
            dead_letter_source: None,
        }
    }
}

impl QueueState {
    /// Visible messages up to a number, in the order in which they would be received.
    fn movable(&self, through: u64, limit: usize, now: Timestamp) -> Vec<u64> {
        let is_meant = |number: &u64| *number <= through;
        if !self.is_fifo() {
            return self
                .tenants
                .line(self.line(), self.in_flight, now)
                .filter(is_meant)
                .take(limit)
                .collect();
        }
        let of_group = |group| self.groups.messages(group).take_while(|number| self.is_visible(*number));
        self.groups.ready().flat_map(of_group).filter(is_meant).take(limit).collect()
    }
}
