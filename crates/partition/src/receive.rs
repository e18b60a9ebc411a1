//! Handing messages out, and moving those that were handed out too often.

use std::sync::Arc;

use engine::{MessageId, QueueKey, Refusal, Timestamp};

use crate::commit::visible_at;
use crate::queue::QueueState;
use crate::{Decision, Operation, Partition, Peers, Taken};

/// Dead-letter moves in one receive: the rest waits for the next one.
const MOVES_MAX: usize = 1000;

/// What a receive asks for, with everything resolved but the queue.
#[derive(Clone, Debug)]
pub struct Ask {
    /// At most so many messages.
    pub max_messages: u32,
    /// Invisible for so long; the queue's own timeout where absent.
    pub visibility_timeout_seconds: Option<u32>,
    /// FIFO: a repetition of an earlier attempt hands out the same again.
    pub attempt: Option<Arc<str>>,
}

/// The messages a receive found.
#[derive(Default)]
struct Found {
    taken: Vec<u64>,
    dead: Vec<u64>,
}

impl Found {
    fn fill(&mut self, line: impl Iterator<Item = u64>, limit: usize, is_dead: &dyn Fn(&u64) -> bool) {
        for number in line {
            if self.taken.len() >= limit || self.dead.len() >= MOVES_MAX {
                break;
            }
            if is_dead(&number) { self.dead.push(number) } else { self.taken.push(number) }
        }
    }
}

impl Partition {
    /// Hands out messages. `own` is this partition's number. Call `advance` first.
    pub fn receive(
        &self,
        key: &QueueKey,
        ask: &Ask,
        own: u16,
        peers: Peers<'_>,
        now: Timestamp,
    ) -> Result<Decision<Vec<Taken>>, Refusal> {
        let (number, queue) = self.find(key)?;
        if let Some(again) = queue.repeated(number, ask, now) {
            return Ok(again);
        }
        let room = u64::from(queue.settings().in_flight_max).saturating_sub(queue.in_flight);
        if room == 0 && !queue.is_fifo() {
            return Err(Refusal::TooManyInFlight(key.clone()));
        }
        let limit = usize::try_from(room.min(u64::from(ask.max_messages))).unwrap_or(usize::MAX);
        let target =
            queue.settings().dead_letter.as_ref().and_then(|dead| Some((&dead.target, peers(&dead.target)?)));
        let found = queue.search(limit, target.is_some(), now);
        let mut operations = match target {
            Some((target, partition)) => self.moves(number, &found.dead, target, partition, own, now),
            None => Vec::new(),
        };
        let taken: Vec<Taken> =
            found.taken.iter().filter_map(|message| queue.taken(number, *message, now, false)).collect();
        if !found.taken.is_empty() {
            operations.push(queue.received(number, found.taken, ask, now));
        }
        Ok(Decision { wait: queue.is_fifo(), operations, contents: Vec::new(), answer: taken })
    }

    /// The messages that operations are about to move into dead-letter queues, and where.
    pub fn dead_letters(&self, operations: &[Operation]) -> Vec<(MessageId, QueueKey)> {
        let id = |queue: &u32, message: &u64| Some(self.queues.get(queue)?.messages.get(*message)?.id());
        let moved = |operation: &Operation| match operation {
            Operation::DeadLettered { queue, message, target, .. } => {
                Some((id(queue, message)?, self.queues.get(target)?.about.key.clone()))
            }
            Operation::OutboundDeadLetter { queue, message, to, .. } => {
                Some((id(queue, message)?, to.clone()))
            }
            _ => None,
        };
        operations.iter().filter_map(moved).collect()
    }

    /// Operations that move messages into the dead-letter queue.
    fn moves(
        &self,
        queue: u32,
        dead: &[u64],
        target: &QueueKey,
        partition: u16,
        own: u16,
        at: Timestamp,
    ) -> Vec<Operation> {
        if partition != own {
            let last = self.outboxes.get(&partition).map_or(0, |outbox| outbox.last);
            let numbered = (last + 1..).zip(dead);
            return numbered
                .map(|(number, message)| Operation::OutboundDeadLetter {
                    target: partition,
                    number,
                    queue,
                    message: *message,
                    to: target.clone(),
                    at,
                })
                .collect();
        }
        let Ok((target, state)) = self.find(target) else { return Vec::new() };
        let numbered = (state.next_message..).zip(dead);
        numbered
            .map(|(number, message)| Operation::DeadLettered { queue, message: *message, target, number, at })
            .collect()
    }
}

impl QueueState {
    fn received(&self, queue: u32, messages: Vec<u64>, ask: &Ask, now: Timestamp) -> Operation {
        let timeout = ask.visibility_timeout_seconds.unwrap_or(self.settings().visibility_timeout_seconds);
        let attempt = ask.attempt.clone().filter(|_| self.is_fifo());
        Operation::Received { queue, messages, at: now, visible_at: now.plus_seconds(timeout), attempt }
    }

    fn search(&self, limit: usize, may_move: bool, now: Timestamp) -> Found {
        let max_receives =
            self.settings().dead_letter.as_ref().filter(|_| may_move).map(|dead| dead.max_receive_count);
        let is_dead = |number: &u64| {
            let count = self.messages.get(*number).map_or(0, |message| message.receive_count);
            max_receives.is_some_and(|max| count >= max)
        };
        let mut found = Found::default();
        if self.is_fifo() {
            self.search_groups(limit, &is_dead, &mut found);
        } else if self.tenants.is_empty() {
            found.fill(self.line().map(|(_, number)| number), limit, &is_dead);
        } else {
            found.fill(self.tenants.line(self.line(), self.in_flight, now), limit, &is_dead);
        }
        found
    }

    /// As many of one group as possible, from its head up to the first that is not visible; then the next group.
    fn search_groups(&self, limit: usize, is_dead: &dyn Fn(&u64) -> bool, found: &mut Found) {
        for group in self.groups.ready() {
            for number in self.groups.messages(group) {
                if found.taken.len() >= limit || found.dead.len() >= MOVES_MAX {
                    return;
                }
                if !self.is_visible(number) {
                    break;
                }
                if is_dead(&number) { found.dead.push(number) } else { found.taken.push(number) }
            }
        }
    }

    /// FIFO: the same attempt again, while none of its messages was changed, hands out the same messages under the same
    /// handles and begins their timeout anew.
    fn repeated(&self, number: u32, ask: &Ask, now: Timestamp) -> Option<Decision<Vec<Taken>>> {
        let attempt = self.attempts.get(ask.attempt.as_ref()?, now)?;
        let timeout = ask.visibility_timeout_seconds.unwrap_or(self.settings().visibility_timeout_seconds);
        let in_flight = |message: &u64| self.messages.get(*message).is_some_and(|message| message.received);
        if !attempt.messages.iter().all(in_flight) {
            return None;
        }
        let (messages, visible_at) = (attempt.messages.clone(), visible_at(now, timeout));
        let answer = messages.iter().filter_map(|message| self.taken(number, *message, now, true)).collect();
        let operations = vec![Operation::AttemptRepeated { queue: number, messages, visible_at }];
        Some(Decision { operations, contents: Vec::new(), answer, wait: true })
    }
}
