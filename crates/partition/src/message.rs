//! A message that is in a queue, in as little memory as will do: what few messages have stands apart.

use std::sync::Arc;

use engine::{MessageId, QueueKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Location;

/// A message; its number is its key in the queue, and on FIFO queues its sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// In two halves: one number of 128 bits would have everything lie at multiples of 16.
    id: [u64; 2],
    pub(crate) content: Location,
    pub(crate) sent_at: Timestamp,
    /// Invisible until then; zero: visible.
    pub(crate) visible_at: Timestamp,
    pub(crate) receive_count: u32,
    /// Received and neither deleted nor returned.
    pub(crate) received: bool,
    /// What a message has that was received, moved, grouped or put back.
    more: Option<Box<More>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct More {
    group: Option<Arc<str>>,
    dead_letter_source: Option<QueueKey>,
    kept_from: Timestamp,
    first_received_at: Timestamp,
    received_at: Timestamp,
    /// Its place in line, where that is not its number.
    rank: Option<u64>,
}

/// Where a message stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Visible,
    Delayed,
    InFlight,
}

impl Message {
    /// A message as it is sent.
    pub(crate) fn new(id: MessageId, content: Location, sent_at: Timestamp, visible_at: Timestamp) -> Self {
        Self { id: halves(id), content, sent_at, visible_at, receive_count: 0, received: false, more: None }
    }

    pub(crate) fn id(&self) -> MessageId {
        MessageId((u128::from(self.id[0]) << 64) | u128::from(self.id[1]))
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_with(|| {
            Box::new(More {
                group: None,
                dead_letter_source: None,
                kept_from: self.sent_at,
                first_received_at: Timestamp(0),
                received_at: Timestamp(0),
                rank: None,
            })
        })
    }

    pub(crate) fn group(&self) -> Option<&Arc<str>> {
        self.more.as_ref()?.group.as_ref()
    }

    pub(crate) fn set_group(&mut self, group: Option<Arc<str>>) {
        if group.is_some() {
            self.more().group = group;
        }
    }

    pub(crate) fn dead_letter_source(&self) -> Option<&QueueKey> {
        self.more.as_ref()?.dead_letter_source.as_ref()
    }

    pub(crate) fn set_dead_letter_source(&mut self, source: Option<QueueKey>) {
        if source.is_some() {
            self.more().dead_letter_source = source;
        }
    }

    /// Retention counts from here.
    pub(crate) fn kept_from(&self) -> Timestamp {
        self.more.as_ref().map_or(self.sent_at, |more| more.kept_from)
    }

    pub(crate) fn set_kept_from(&mut self, moment: Timestamp) {
        if moment != self.kept_from() {
            self.more().kept_from = moment;
        }
    }

    pub(crate) fn first_received_at(&self) -> Timestamp {
        self.more.as_ref().map_or(Timestamp(0), |more| more.first_received_at)
    }

    pub(crate) fn set_first_received_at(&mut self, moment: Timestamp) {
        if moment != self.first_received_at() {
            self.more().first_received_at = moment;
        }
    }

    pub(crate) fn received_at(&self) -> Timestamp {
        self.more.as_ref().map_or(Timestamp(0), |more| more.received_at)
    }

    pub(crate) fn set_received_at(&mut self, moment: Timestamp) {
        self.more().received_at = moment;
    }

    /// Standard queues: its place in line, if that is not its number.
    pub(crate) fn rank(&self) -> Option<u64> {
        self.more.as_ref()?.rank
    }

    pub(crate) fn set_rank(&mut self, rank: Option<u64>) {
        if rank != self.rank() {
            self.more().rank = rank;
        }
    }

    /// `visible_at` is zero for what is visible: ripening has set it so.
    pub(crate) fn standing(&self) -> Standing {
        match (self.visible_at, self.received) {
            (Timestamp(0), _) => Standing::Visible,
            (_, true) => Standing::InFlight,
            (_, false) => Standing::Delayed,
        }
    }
}

fn halves(MessageId(id): MessageId) -> [u64; 2] {
    let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    [half(id >> 64), half(id)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_message_takes_64_bytes_and_keeps_its_id() {
        assert_eq!((size_of::<Message>(), align_of::<Message>()), (64, 8));
        for id in [0, 1, u128::MAX, 1 << 64, (7 << 64) | 9] {
            let message = Message::new(MessageId(id), Location::default(), Timestamp(0), Timestamp(0));
            assert_eq!(message.id(), MessageId(id));
        }
    }
}
