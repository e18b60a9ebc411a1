//! The whole state as bytes, and back. Orders and timers are derived again.
//!
//! Taking an image shares what the state holds; writing it out may take long and needs the state no more.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use engine::{MessageId, Queue, QueueKey, QueueSettings, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attempts::{Attempt, Attempts};
use crate::message::Message;
use crate::messages::Image as MessagesImage;
use crate::outbox::Outbox;
use crate::queue::{QueueState, Remembered};
use crate::{Decision, Location, Operation, Partition, RecordError};

const VERSION: u8 = 2;

/// The state at a moment, sharing its messages with it.
#[derive(Clone, Debug)]
pub struct Image(PartitionForm);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PartitionForm {
    next_queue: u32,
    queues: Vec<QueueForm>,
    outboxes: BTreeMap<u16, Outbox>,
    arrived: BTreeMap<u16, u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct QueueForm {
    number: u32,
    about: About,
    purged_at: Option<Timestamp>,
    next_message: u64,
    messages: MessagesImage,
    remembered: Vec<RememberedForm>,
    attempts: Vec<(Arc<str>, Attempt)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    key: QueueKey,
    settings: QueueSettings,
    record: Vec<u8>,
    revision: u64,
    created_at: Timestamp,
    modified_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct RememberedForm {
    group: Option<Arc<str>>,
    deduplication_id: Arc<str>,
    id: MessageId,
    sequence: u64,
    until: Timestamp,
}

/// A message's content, to be copied forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moving {
    queue: u32,
    message: u64,
    /// Where it lies.
    pub content: Location,
}

impl Partition {
    /// Copies contents forward, where their messages are still there. Answers whether any are.
    pub fn move_contents(&self, moving: Vec<(Moving, Bytes)>) -> Decision<bool> {
        let (mut operations, mut contents) = (Vec::new(), Vec::new());
        for (Moving { queue, message, content: at }, content) in moving {
            let state = self.queues.get(&queue).and_then(|queue| queue.messages.get(message));
            if state.is_some_and(|state| state.content == at) {
                operations.push(Operation::ContentMoved { queue, message, content_length: at.length });
                contents.push(content);
            }
        }
        let answer = !operations.is_empty();
        Decision { operations, contents, answer, wait: false }
    }

    /// The state as it stands.
    pub fn image(&self) -> Image {
        let mut queues: Vec<QueueForm> =
            self.queues.iter().map(|(number, queue)| form(*number, queue)).collect();
        queues.sort_unstable_by_key(|queue| queue.number);
        Image(PartitionForm {
            next_queue: self.next_queue,
            queues,
            outboxes: self.outboxes.clone(),
            arrived: self.arrived.clone(),
        })
    }

    /// The state that a snapshot holds.
    pub fn restore(bytes: &[u8]) -> Result<Self, RecordError> {
        let (version, rest) =
            bytes.split_first().ok_or_else(|| RecordError::Malformed("an empty snapshot".to_owned()))?;
        if *version != VERSION {
            return Err(RecordError::OtherVersion { found: *version, known: VERSION });
        }
        let form: PartitionForm =
            postcard::from_bytes(rest).map_err(|error| RecordError::Malformed(error.to_string()))?;
        let mut partition = Self {
            next_queue: form.next_queue,
            outboxes: form.outboxes,
            arrived: form.arrived,
            ..Self::default()
        };
        for queue in form.queues {
            let (number, key) = (queue.number, queue.about.key.clone());
            partition.keys.insert(key.clone(), number);
            partition.numbers.insert(key, number);
            let state = state(queue);
            partition.content_bytes += state.content_bytes;
            partition.queues.insert(number, state);
            partition.retime(number);
        }
        Ok(partition)
    }
}

impl Image {
    /// As bytes.
    ///
    /// # Panics
    /// Never: the state holds nothing that cannot be written.
    pub fn encode(&self) -> Vec<u8> {
        let encoded = postcard::to_extend(&self.0, vec![VERSION]);
        encoded.expect("the state holds nothing that postcard cannot write")
    }

    fn messages(&self) -> impl Iterator<Item = Moving> + '_ {
        self.0.queues.iter().flat_map(|queue| {
            let moving = |(message, state): (u64, &Message)| Moving {
                queue: queue.number,
                message,
                content: state.content,
            };
            queue.messages.iter().map(moving)
        })
    }

    /// Of each stretch of the journal (they begin at `starts`, in order, and end where the next begins) the bytes of
    /// contents that something still needs.
    pub fn usage(&self, starts: &[u64]) -> Vec<u64> {
        let in_outboxes =
            self.0.outboxes.values().flat_map(|outbox| outbox.letters.values()).map(|letter| letter.content);
        let mut usage = vec![0; starts.len()];
        for content in self.messages().map(|moving| moving.content).chain(in_outboxes) {
            let stretch = starts.partition_point(|start| *start <= content.position);
            if let Some(used) = stretch.checked_sub(1).and_then(|stretch| usage.get_mut(stretch)) {
                // An empty content needs its record all the same.
                *used += u64::from(content.length.max(1));
            }
        }
        usage
    }

    /// The messages whose contents lie in a part of the journal.
    pub fn contents_in(&self, part: Range<u64>) -> impl Iterator<Item = Moving> + '_ {
        self.messages().filter(move |moving| part.contains(&moving.content.position))
    }
}

fn form(number: u32, queue: &QueueState) -> QueueForm {
    let remembered =
        queue.deduplication.iter().map(|((group, deduplication_id), remembered)| RememberedForm {
            group: group.clone(),
            deduplication_id: Arc::clone(deduplication_id),
            id: remembered.id,
            sequence: remembered.sequence,
            until: remembered.until,
        });
    let mut remembered: Vec<RememberedForm> = remembered.collect();
    remembered.sort_by(|left, right| {
        (left.until, &left.group, &left.deduplication_id).cmp(&(
            right.until,
            &right.group,
            &right.deduplication_id,
        ))
    });
    let about = About {
        key: queue.about.key.clone(),
        settings: queue.about.settings.clone(),
        record: queue.about.record.to_vec(),
        revision: queue.about.revision,
        created_at: queue.about.created_at,
        modified_at: queue.about.modified_at,
    };
    QueueForm {
        number,
        about,
        purged_at: queue.purged_at,
        next_message: queue.next_message,
        messages: queue.messages.image(),
        remembered,
        attempts: queue.attempts.list(),
    }
}

fn state(form: QueueForm) -> QueueState {
    let About { key, settings, record, revision, created_at, modified_at } = form.about;
    let about = Queue { key, settings, record: record.into(), revision, created_at, modified_at };
    let mut queue = QueueState::new(Arc::new(about));
    queue.purged_at = form.purged_at;
    queue.next_message = form.next_message;
    queue.attempts = Attempts::of(form.attempts);
    for RememberedForm { group, deduplication_id, id, sequence, until } in form.remembered {
        let key = (group, deduplication_id);
        queue.forgetting.push_back((until, key.clone()));
        queue.deduplication.insert(key, Remembered { id, sequence, until });
    }
    for (number, message) in form.messages.into_messages() {
        queue.insert(number, message);
    }
    queue
}
