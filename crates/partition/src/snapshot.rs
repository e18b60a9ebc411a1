//! The whole state as bytes, and back. Orders and timers are derived again.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{MessageId, Queue, QueueKey, QueueSettings, Timestamp};
use serde::{Deserialize, Serialize};

use crate::outbox::Outbox;
use crate::queue::{Attempt, Message, QueueState, Remembered};
use crate::{Partition, RecordError};

const VERSION: u8 = 1;

/// A snapshot, and what it still needs of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The state.
    pub bytes: Vec<u8>,
    /// The oldest record that a message's content lies in.
    pub oldest_position: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct PartitionForm {
    next_queue: u32,
    queues: Vec<QueueForm>,
    outboxes: BTreeMap<u16, Outbox>,
    arrived: BTreeMap<u16, u64>,
}

#[derive(Serialize, Deserialize)]
struct QueueForm {
    number: u32,
    key: QueueKey,
    settings: QueueSettings,
    record: Vec<u8>,
    revision: u64,
    created_at: Timestamp,
    modified_at: Timestamp,
    purged_at: Option<Timestamp>,
    next_message: u64,
    sequence: u64,
    messages: Vec<(u64, Message)>,
    remembered: Vec<RememberedForm>,
    attempts: Vec<(Arc<str>, Attempt)>,
}

#[derive(Serialize, Deserialize)]
struct RememberedForm {
    group: Option<Arc<str>>,
    deduplication_id: Arc<str>,
    id: MessageId,
    sequence: u64,
    until: Timestamp,
}

impl Partition {
    /// The state as it stands.
    ///
    /// # Panics
    /// Never: the state holds nothing that cannot be written.
    pub fn snapshot(&self) -> Snapshot {
        let mut queues: Vec<QueueForm> =
            self.queues.iter().map(|(number, queue)| form(*number, queue)).collect();
        queues.sort_unstable_by_key(|queue| queue.number);
        let in_queues =
            queues.iter().flat_map(|queue| &queue.messages).map(|(_, message)| message.content.position);
        let in_outboxes = self
            .outboxes
            .values()
            .flat_map(|outbox| outbox.letters.values())
            .map(|letter| letter.content.position);
        let oldest_position = in_queues.chain(in_outboxes).min();
        let form = PartitionForm {
            next_queue: self.next_queue,
            queues,
            outboxes: self.outboxes.clone(),
            arrived: self.arrived.clone(),
        };
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_stdvec(&form).expect("the state holds nothing that postcard cannot write"));
        Snapshot { bytes, oldest_position }
    }

    /// The state that a snapshot holds.
    pub fn restore(bytes: &[u8]) -> Result<Self, RecordError> {
        let (version, rest) =
            bytes.split_first().ok_or_else(|| RecordError::Malformed("an empty snapshot".to_owned()))?;
        if *version != VERSION {
            return Err(RecordError::NewerVersion(*version));
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
            let number = queue.number;
            partition.keys.insert(queue.key.clone(), number);
            partition.queues.insert(number, state(queue));
            partition.retime(number);
        }
        Ok(partition)
    }
}

fn form(number: u32, queue: &QueueState) -> QueueForm {
    let about = &queue.about;
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
    let mut attempts: Vec<(Arc<str>, Attempt)> =
        queue.attempts.iter().map(|(id, attempt)| (Arc::clone(id), attempt.clone())).collect();
    attempts.sort_by(|left, right| left.0.cmp(&right.0));
    QueueForm {
        number,
        key: about.key.clone(),
        settings: about.settings.clone(),
        record: about.record.to_vec(),
        revision: about.revision,
        created_at: about.created_at,
        modified_at: about.modified_at,
        purged_at: queue.purged_at,
        next_message: queue.next_message,
        sequence: queue.sequence,
        messages: queue.messages.iter().map(|(number, message)| (*number, message.clone())).collect(),
        remembered,
        attempts,
    }
}

fn state(form: QueueForm) -> QueueState {
    let about = Queue {
        key: form.key,
        settings: form.settings,
        record: form.record.into(),
        revision: form.revision,
        created_at: form.created_at,
        modified_at: form.modified_at,
    };
    let mut queue = QueueState::new(Arc::new(about));
    queue.purged_at = form.purged_at;
    queue.next_message = form.next_message;
    queue.sequence = form.sequence;
    queue.attempts = form.attempts.into_iter().collect();
    for RememberedForm { group, deduplication_id, id, sequence, until } in form.remembered {
        let key = (group, deduplication_id);
        queue.forgetting.push_back((until, key.clone()));
        queue.deduplication.insert(key, Remembered { id, sequence, until });
    }
    for (number, message) in form.messages {
        queue.insert(number, message);
    }
    queue
}
