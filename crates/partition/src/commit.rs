//! Sends: into queues of this partition at once, into others through the outbox, all in one record.

use bytes::Bytes;
use engine::{Enqueue, NewMessage, QueueKey, QuickMap, Refusal, Sent as Answer, Timestamp};

use crate::operation::{OutboundLetter, Sent};
use crate::queue::{DeduplicationKey, QueueState};
use crate::{Decision, Operation, Partition};

/// Tells in which partition an existing queue lies; `None`: there is no such queue.
pub type Peers<'a> = &'a dyn Fn(&QueueKey) -> Option<u16>;

/// The partition of a new queue: FNV-1a of its key, modulo the number of partitions.
pub fn partition_of(key: &str, partitions: u16) -> u16 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    u16::try_from(hash % u64::from(partitions.max(1))).unwrap_or(0)
}

/// What a commit has decided so far: later sends of it must see the earlier ones.
struct Draft {
    operations: Vec<Operation>,
    contents: Vec<Bytes>,
    answers: Vec<Answer>,
    /// Messages added, by queue.
    added: QuickMap<u32, u64>,
    remembered: QuickMap<(u32, DeduplicationKey), Answer>,
    outbound: QuickMap<u16, u64>,
}

impl Partition {
    /// Stores messages, all or none. `own` is this partition's number.
    pub fn commit(
        &self,
        enqueue: Vec<Enqueue>,
        own: u16,
        peers: Peers<'_>,
        now: Timestamp,
    ) -> Result<Decision<Vec<Answer>>, Refusal> {
        let mut draft = Draft {
            operations: Vec::with_capacity(enqueue.len()),
            contents: Vec::with_capacity(enqueue.len()),
            answers: Vec::with_capacity(enqueue.len()),
            added: QuickMap::default(),
            remembered: QuickMap::default(),
            outbound: QuickMap::default(),
        };
        for Enqueue { queue, message } in enqueue {
            match peers(&queue) {
                Some(target) if target != own => self.send_out(&mut draft, target, queue, message, now),
                _ => {
                    let (number, state) = self.find(&queue)?;
                    send_here(&mut draft, number, state, message, now);
                }
            }
        }
        let Draft { operations, contents, answers, .. } = draft;
        Ok(Decision { operations, contents, answer: answers, wait: true })
    }

    fn send_out(&self, draft: &mut Draft, target: u16, to: QueueKey, message: NewMessage, now: Timestamp) {
        let sent_before = draft.outbound.entry(target).or_default();
        *sent_before += 1;
        let number = self.outboxes.get(&target).map_or(0, |outbox| outbox.last) + *sent_before;
        let letter = OutboundLetter {
            to,
            id: message.id,
            group: message.group,
            deduplication_id: message.deduplication_id,
            delay_seconds: message.delay_seconds,
            sent_at: now,
            kept_from: now,
            receive_count: 0,
            first_received_at: Timestamp(0),
            dead_letter_source: None,
        };
        let content_length = length(&message.content);
        draft.operations.push(Operation::Outbound { target, number, letter, content_length });
        draft.contents.push(message.content);
        draft.answers.push(Answer { message_id: message.id, sequence_number: None, duplicate: false });
    }
}

fn send_here(draft: &mut Draft, queue: u32, state: &QueueState, message: NewMessage, now: Timestamp) {
    let key = message.deduplication_id.as_ref().filter(|_| state.is_fifo());
    let key = key.map(|id| state.deduplication_key(message.group.as_ref(), id));
    if let Some(first) = key.as_ref().and_then(|key| duplicate_of(draft, queue, state, key, now)) {
        draft.answers.push(first);
        return;
    }
    let added = draft.added.entry(queue).or_default();
    let number = state.next_message + *added;
    *added += 1;
    let sent = sent(queue, number, state, &message, now);
    let answer = Answer {
        message_id: message.id,
        sequence_number: state.is_fifo().then_some(number),
        duplicate: false,
    };
    if let Some(key) = key {
        draft.remembered.insert((queue, key), answer);
    }
    draft.operations.push(Operation::Sent(sent));
    draft.contents.push(message.content);
    draft.answers.push(answer);
}

fn duplicate_of(
    draft: &Draft,
    queue: u32,
    state: &QueueState,
    key: &DeduplicationKey,
    now: Timestamp,
) -> Option<Answer> {
    let earlier = state.deduplication.get(key).filter(|remembered| remembered.until > now);
    let earlier = earlier.map(|first| Answer {
        message_id: first.id,
        sequence_number: Some(first.sequence),
        duplicate: true,
    });
    let in_this_commit =
        || draft.remembered.get(&(queue, key.clone())).map(|first| Answer { duplicate: true, ..*first });
    earlier.or_else(in_this_commit)
}

fn sent(queue: u32, number: u64, state: &QueueState, message: &NewMessage, now: Timestamp) -> Sent {
    Sent {
        queue,
        message: number,
        id: message.id,
        group: message.group.clone(),
        deduplication_id: message.deduplication_id.clone(),
        sent_at: now,
        kept_from: now,
        visible_at: visible_at(now, message.delay_seconds.unwrap_or(state.settings().delay_seconds)),
        receive_count: 0,
        first_received_at: Timestamp(0),
        dead_letter_source: None,
        content_length: length(&message.content),
    }
}

/// Zero stands for "visible".
pub(crate) fn visible_at(now: Timestamp, delay_seconds: u32) -> Timestamp {
    if delay_seconds == 0 { Timestamp(0) } else { now.plus_seconds(delay_seconds) }
}

/// Contents are bounded by the services far below 4 GiB.
pub(crate) fn length(content: &Bytes) -> u32 {
    u32::try_from(content.len()).expect("services bound a message's content")
}
