//! Carrying operations out. Total: what an operation names and is gone (expired meanwhile) is passed over.

use std::sync::Arc;
use std::time::Duration;

use engine::{Queue, QueueKey, QueueSettings, Timestamp};

use crate::attempts::Attempt;
use crate::message::{Message, Standing};
use crate::operation::{OutboundLetter, Sent};
use crate::outbox::Letter;
use crate::queue::{QueueState, Remembered};
use crate::standard::RECEIVES_BEFORE_BACK;
use crate::{Location, Operation, Partition};

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const REMEMBERED_FOR: Duration = Duration::from_mins(5);

impl Partition {
    /// Carries one operation out; `content` is where its content lies, if it brings one.
    pub fn apply(&mut self, operation: &Operation, content: Option<Location>) {
        let content = content.unwrap_or_default();
        match operation {
            Operation::QueueCreated { queue, key, settings, record, at } => {
                self.create_queue(*queue, key, settings, record, *at);
            }
            Operation::QueueDeleted { queue } => self.delete_queue(*queue),
            Operation::Outbound { target, number, letter, .. } => {
                self.post(*target, *number, letter.clone(), content);
            }
            Operation::OutboundDeadLetter { target, number, queue, message, to, at } => {
                if let Some(message) = self.with(*queue, |queue| queue.remove(*message)).flatten() {
                    let letter = self.dead_letter(*queue, &message, to, *at);
                    self.post(*target, *number, letter, message.content);
                }
            }
            Operation::DeadLettered { queue, message, target, number, at } => {
                self.dead_lettered(*queue, *message, *target, *number, *at);
            }
            Operation::Redriven { queue, message, target, number, id, at, visible_at } => {
                self.redriven((*queue, *message), (*target, *number), *id, [*at, *visible_at]);
            }
            Operation::OutboundRedriven { target, number, queue, message, to, id, at } => {
                if let Some(message) = self.with(*queue, |queue| queue.remove(*message)).flatten() {
                    let letter = Self::redriven_letter(&message, to, *id, *at);
                    self.post(*target, *number, letter, message.content);
                }
            }
            Operation::Arrived { source, number } => {
                let highest = self.arrived.entry(*source).or_default();
                *highest = (*highest).max(*number);
            }
            Operation::Acknowledged { target, through } => {
                if let Some(outbox) = self.outboxes.get_mut(target) {
                    outbox.letters = outbox.letters.split_off(&(through + 1));
                }
            }
            Operation::QueueChanged { queue, settings, record, at } => {
                self.with(*queue, |queue| queue.changed(settings, record, *at));
            }
            Operation::QueuePurged { queue, at } => {
                self.with(*queue, |queue| queue.purged(*at));
            }
            Operation::Sent(sent) => {
                self.with(sent.queue, |queue| queue.sent(sent, content));
            }
            Operation::Received { queue, messages, at, visible_at, attempt } => {
                self.with(*queue, |queue| queue.handed_out(messages, *at, *visible_at, attempt.as_ref()));
            }
            Operation::Deleted { queue, message } => {
                self.with(*queue, |queue| queue.remove(*message));
            }
            Operation::ContentMoved { queue, message, .. } => {
                self.with(*queue, |queue| {
                    queue.messages.change(*message, |message| message.content = content)
                });
            }
            Operation::VisibilityChanged { queue, message, visible_at } => {
                self.with(*queue, |queue| queue.visibility_changed(*message, *visible_at));
            }
            Operation::AttemptRepeated { queue, messages, visible_at } => {
                self.with(*queue, |queue| queue.attempt_repeated(messages, *visible_at));
            }
        }
    }

    fn create_queue(
        &mut self,
        number: u32,
        key: &QueueKey,
        settings: &QueueSettings,
        record: &[u8],
        at: Timestamp,
    ) {
        let about = Queue {
            key: key.clone(),
            settings: settings.clone(),
            record: record.to_vec().into(),
            revision: 1,
            created_at: at,
            modified_at: at,
        };
        self.next_queue = self.next_queue.max(number);
        self.keys.insert(key.clone(), number);
        self.numbers.insert(key.clone(), number);
        self.queues.insert(number, QueueState::new(Arc::new(about)));
    }

    fn delete_queue(&mut self, number: u32) {
        let Some(queue) = self.queues.remove(&number) else { return };
        self.content_bytes -= queue.content_bytes;
        self.keys.remove(&queue.about.key);
        self.numbers.remove(&queue.about.key);
        if let Some(timer) = queue.timer {
            self.timers.remove(&(timer, number));
        }
    }

    fn post(&mut self, target: u16, number: u64, letter: OutboundLetter, content: Location) {
        let outbox = self.outboxes.entry(target).or_default();
        outbox.last = outbox.last.max(number);
        outbox.letters.insert(number, Letter { letter, content });
    }

    fn key_of(&self, number: u32) -> Option<QueueKey> {
        self.queues.get(&number).map(|queue| queue.about.key.clone())
    }

    fn dead_letter(&self, source: u32, message: &Message, to: &QueueKey, at: Timestamp) -> OutboundLetter {
        OutboundLetter {
            to: to.clone(),
            id: message.id(),
            group: message.group().cloned(),
            deduplication_id: None,
            delay_seconds: None,
            sent_at: message.sent_at,
            kept_from: if self.queues.get(&source).is_some_and(QueueState::is_fifo) {
                at
            } else {
                message.kept_from()
            },
            receive_count: message.receive_count,
            first_received_at: message.first_received_at(),
            dead_letter_source: self.key_of(source),
        }
    }

    fn dead_lettered(&mut self, source: u32, message: u64, target: u32, number: u64, at: Timestamp) {
        let source_key = self.key_of(source);
        let Some(message) = self.with(source, |queue| queue.remove(message)).flatten() else { return };
        self.with(target, |queue| {
            let kept_from = if queue.is_fifo() { at } else { message.kept_from() };
            queue.next_message = queue.next_message.max(number + 1);
            let mut moved = message;
            (moved.received, moved.visible_at) = (false, Timestamp(0));
            moved.set_dead_letter_source(source_key);
            moved.set_kept_from(kept_from);
            moved.set_rank(None);
            queue.insert(number, moved);
        });
    }
}

impl QueueState {
    fn changed(&mut self, settings: &QueueSettings, record: &[u8], at: Timestamp) {
        let old = self.settings().clone();
        let about = Arc::make_mut(&mut self.about);
        about.settings = settings.clone();
        about.record = record.to_vec().into();
        about.revision += 1;
        about.modified_at = at;
        // FIFO: a new delay acts on messages that wait for theirs; standard: on new ones only.
        if self.is_fifo() && old.delay_seconds != settings.delay_seconds {
            let waiting: Vec<u64> = self
                .messages
                .iter()
                .filter(|(_, message)| message.standing() == Standing::Delayed)
                .map(|(number, _)| number)
                .collect();
            for number in waiting {
                self.change(number, |message| {
                    message.visible_at = message.sent_at.plus_seconds(settings.delay_seconds);
                });
            }
        }
    }

    fn purged(&mut self, at: Timestamp) {
        let emptied = QueueState::new(Arc::clone(&self.about));
        let (next_message, timer) = (self.next_message, self.timer);
        *self = QueueState { purged_at: Some(at), next_message, timer, ..emptied };
    }

    fn sent(&mut self, sent: &Sent, content: Location) {
        self.next_message = self.next_message.max(sent.message + 1);
        if let Some(id) =
            sent.deduplication_id.as_ref().filter(|_| self.is_fifo() && sent.dead_letter_source.is_none())
        {
            let key = self.deduplication_key(sent.group.as_ref(), id);
            let until = sent.kept_from.plus(REMEMBERED_FOR);
            self.deduplication.insert(key.clone(), Remembered { id: sent.id, sequence: sent.message, until });
            self.forgetting.push_back((until, key));
            self.forget(sent.kept_from);
        }
        let mut message = Message::new(sent.id, content, sent.sent_at, sent.visible_at);
        message.receive_count = sent.receive_count;
        message.set_group(sent.group.clone());
        message.set_dead_letter_source(sent.dead_letter_source.clone());
        message.set_kept_from(sent.kept_from);
        message.set_first_received_at(sent.first_received_at);
        self.insert(sent.message, message);
    }

    fn handed_out(
        &mut self,
        messages: &[u64],
        at: Timestamp,
        visible_at: Timestamp,
        attempt: Option<&Arc<str>>,
    ) {
        let visible_at = if visible_at <= at { Timestamp(0) } else { visible_at };
        for number in messages {
            let back = self.next_message;
            self.attempts.changed(*number);
            self.change(*number, |message| {
                if message.receive_count == 0 {
                    message.set_first_received_at(at);
                }
                message.receive_count += 1;
                message.set_received_at(at);
                message.received = visible_at != Timestamp(0);
                message.visible_at = visible_at;
                if message.receive_count >= RECEIVES_BEFORE_BACK {
                    message.set_rank(Some(message.rank().map_or(back, |rank| rank.max(back))));
                }
            });
        }
        if let Some(attempt) = attempt {
            let attempt_state = Attempt { messages: messages.to_vec(), until: at.plus(REMEMBERED_FOR) };
            self.attempts.remember(attempt, attempt_state);
        }
    }

    fn attempt_repeated(&mut self, messages: &[u64], visible_at: Timestamp) {
        for number in messages {
            self.change(*number, |message| {
                message.visible_at = visible_at;
                message.received = visible_at != Timestamp(0);
            });
        }
    }

    fn visibility_changed(&mut self, number: u64, visible_at: Timestamp) {
        self.attempts.changed(number);
        self.change(number, |message| {
            message.visible_at = visible_at;
            message.received = visible_at != Timestamp(0);
        });
    }
}
