//! Looking at queues without touching them.

use std::sync::Arc;

use engine::{Activity, MessageId, QueueKey, Refusal, Standing, Timestamp};

use crate::{Location, Partition, message};

/// A message as it stands, its content still to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// Its number in the queue.
    pub number: u64,
    /// Its id.
    pub message_id: MessageId,
    /// Where its content lies.
    pub content: Location,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// When it becomes visible, unless it is.
    pub visible_at: Option<Timestamp>,
    /// How often it was received.
    pub receive_count: u32,
    /// Its group.
    pub group: Option<Arc<str>>,
    /// The queue it was moved from.
    pub dead_letter_source: Option<QueueKey>,
}

impl Partition {
    /// Up to `limit` messages with numbers above `after`, in the order in which they came.
    pub fn peek(&self, key: &QueueKey, after: u64, limit: usize) -> Result<Vec<Glimpse>, Refusal> {
        let (_, queue) = self.find(key)?;
        let glimpse = |(number, message): (u64, &message::Message)| Glimpse {
            number,
            message_id: message.id(),
            content: message.content,
            sent_at: message.sent_at,
            standing: match message.standing() {
                message::Standing::Visible => Standing::Visible,
                message::Standing::Delayed => Standing::Delayed,
                message::Standing::InFlight => Standing::InFlight,
            },
            visible_at: (message.visible_at != Timestamp(0)).then_some(message.visible_at),
            receive_count: message.receive_count,
            group: message.group().cloned(),
            dead_letter_source: message.dead_letter_source().cloned(),
        };
        Ok(queue.messages.after(after).take(limit).map(glimpse).collect())
    }

    /// Every queue whose key begins with `prefix`, in order.
    pub fn activities(&self, prefix: &str) -> Vec<Activity> {
        let all = self.keys.range(QueueKey::new(prefix)..);
        let wanted = all.take_while(|(key, _)| key.as_str().starts_with(prefix));
        let queues = wanted.filter_map(|(key, number)| Some((key, self.queues.get(number)?)));
        queues
            .map(|(key, queue)| Activity {
                key: key.clone(),
                counts: queue.counts(),
                entered: queue.next_message - 1,
                oldest: queue.messages.oldest(),
                fifo: queue.is_fifo(),
                dead_letter: queue.settings().dead_letter.as_ref().map(|to| to.target.clone()),
            })
            .collect()
    }
}
