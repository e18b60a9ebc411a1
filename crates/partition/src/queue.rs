//! One queue: its messages and the orders they stand in.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use engine::{
    DeduplicationScope, MessageId, Queue, QueueCounts, QueueKey, QueueKind, QueueSettings, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::fifo::Groups;
use crate::standard::Line;
use crate::{Location, Receipt, Taken};

/// A message that is in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) content: Location,
    pub(crate) sequence: u64,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) dead_letter_source: Option<QueueKey>,
    pub(crate) sent_at: Timestamp,
    pub(crate) kept_from: Timestamp,
    pub(crate) first_received_at: Timestamp,
    pub(crate) received_at: Timestamp,
    /// Invisible until then.
    pub(crate) visible_at: Timestamp,
    pub(crate) receive_count: u32,
    /// Received and neither deleted nor returned.
    pub(crate) received: bool,
    /// Standard queues: its place in line.
    pub(crate) rank: u64,
}

/// Where a message stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Visible,
    Delayed,
    InFlight,
}

/// A send that is remembered for five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) id: MessageId,
    pub(crate) sequence: u64,
    pub(crate) until: Timestamp,
}

/// Where a deduplication id is unique: in its group, or (no group) in the queue.
pub(crate) type DeduplicationKey = (Option<Arc<str>>, Arc<str>);

/// A receive attempt that may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) messages: Vec<u64>,
    pub(crate) until: Timestamp,
}

/// The state of a queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueState {
    pub(crate) about: Arc<Queue>,
    pub(crate) purged_at: Option<Timestamp>,
    pub(crate) messages: BTreeMap<u64, Message>,
    pub(crate) next_message: u64,
    pub(crate) sequence: u64,
    pub(crate) deduplication: HashMap<DeduplicationKey, Remembered>,
    pub(crate) forgetting: VecDeque<(Timestamp, DeduplicationKey)>,
    pub(crate) attempts: HashMap<Arc<str>, Attempt>,
    pub(crate) line: Line,
    pub(crate) groups: Groups,
    /// Invisible messages by the moment they become visible.
    pub(crate) ripening: BTreeSet<(Timestamp, u64)>,
    /// All messages by the moment their retention counts from.
    pub(crate) aging: BTreeSet<(Timestamp, u64)>,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    /// The partition's timer for this queue.
    pub(crate) timer: Option<Timestamp>,
}

impl QueueState {
    pub(crate) fn new(about: Arc<Queue>) -> Self {
        Self {
            about,
            purged_at: None,
            messages: BTreeMap::new(),
            next_message: 1,
            sequence: 0,
            deduplication: HashMap::new(),
            forgetting: VecDeque::new(),
            attempts: HashMap::new(),
            line: Line::default(),
            groups: Groups::default(),
            ripening: BTreeSet::new(),
            aging: BTreeSet::new(),
            in_flight: 0,
            delayed: 0,
            timer: None,
        }
    }

    pub(crate) fn settings(&self) -> &QueueSettings {
        &self.about.settings
    }

    pub(crate) fn is_fifo(&self) -> bool {
        matches!(self.settings().kind, QueueKind::Fifo(_))
    }

    pub(crate) fn counts(&self) -> QueueCounts {
        let all = self.messages.len() as u64;
        QueueCounts {
            visible: all - self.in_flight - self.delayed,
            not_visible: self.in_flight,
            delayed: self.delayed,
        }
    }

    /// The key under which a send of this group and id is remembered.
    pub(crate) fn deduplication_key(&self, group: Option<&Arc<str>>, id: &Arc<str>) -> DeduplicationKey {
        let by_group = self.settings().kind == QueueKind::Fifo(DeduplicationScope::MessageGroup);
        (group.filter(|_| by_group).cloned(), Arc::clone(id))
    }

    /// When something happens next by itself.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let ripe = self.ripening.first().map(|(moment, _)| *moment);
        let aged = self.aging.first().map(|(from, _)| from.plus_seconds(self.settings().retention_seconds));
        ripe.into_iter().chain(aged).min()
    }

    /// Adds a message that is not there yet.
    pub(crate) fn insert(&mut self, number: u64, message: Message) {
        if let Some(group) = message.group.as_ref().filter(|_| self.is_fifo()) {
            self.groups.join(group, number);
        }
        self.aging.insert((message.kept_from, number));
        self.messages.insert(number, message);
        self.place(number);
    }

    /// Takes a message out of everything; `None` if it is gone already.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Message> {
        self.displace(number);
        let message = self.messages.remove(&number)?;
        self.aging.remove(&(message.kept_from, number));
        if let Some(group) = message.group.as_ref().filter(|_| self.is_fifo()) {
            self.groups.leave(group, number);
            self.refresh_group(group);
        }
        Some(message)
    }

    /// Changes a message and gives it its new place.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut Message)) {
        self.displace(number);
        if let Some(message) = self.messages.get_mut(&number) {
            change(message);
            self.place(number);
        }
    }

    /// Invisible messages ripen; visible ones stand in line.
    fn place(&mut self, number: u64) {
        let Some(message) = self.messages.get(&number) else { return };
        match standing(message) {
            Standing::Visible => self.line.add(message.rank, number),
            Standing::Delayed => self.delayed += 1,
            Standing::InFlight => self.in_flight += 1,
        }
        if standing(message) != Standing::Visible {
            self.ripening.insert((message.visible_at, number));
        }
        if let Some(group) = message.group.clone().filter(|_| self.is_fifo()) {
            self.refresh_group(&group);
        }
    }

    fn displace(&mut self, number: u64) {
        let Some(message) = self.messages.get(&number) else { return };
        match standing(message) {
            Standing::Visible => self.line.remove(message.rank, number),
            Standing::Delayed => self.delayed -= 1,
            Standing::InFlight => self.in_flight -= 1,
        }
        self.ripening.remove(&(message.visible_at, number));
    }

    /// A message whose moment has come stands in line again.
    pub(crate) fn ripen(&mut self, number: u64) {
        self.change(number, |message| {
            message.received = false;
            message.visible_at = Timestamp(0);
        });
    }

    /// A FIFO group can be received from as long as its first message is visible.
    fn refresh_group(&mut self, group: &Arc<str>) {
        let ready = self
            .groups
            .head(group)
            .and_then(|head| self.messages.get(&head))
            .is_some_and(|message| standing(message) == Standing::Visible);
        self.groups.set_ready(group, ready);
    }

    pub(crate) fn is_visible(&self, number: u64) -> bool {
        self.messages.get(&number).is_some_and(|message| standing(message) == Standing::Visible)
    }

    /// What a receiver of the message sees, once its receive is applied.
    pub(crate) fn taken(&self, queue: u32, number: u64, now: Timestamp, again: bool) -> Option<Taken> {
        let message = self.messages.get(&number)?;
        let receive_count = message.receive_count + u32::from(!again);
        let first = message.receive_count == 0;
        Some(Taken {
            receipt: Receipt { queue, message: number, receive: receive_count },
            message_id: message.id,
            content: message.content,
            sent_at: message.sent_at,
            first_received_at: if first { now } else { message.first_received_at },
            receive_count,
            sequence_number: self.is_fifo().then_some(message.sequence),
            group: message.group.clone(),
            dead_letter_source: message.dead_letter_source.clone(),
        })
    }
}

/// `visible_at` is zero for what is visible: ripening has set it so.
fn standing(message: &Message) -> Standing {
    match (message.visible_at, message.received) {
        (Timestamp(0), _) => Standing::Visible,
        (_, true) => Standing::InFlight,
        (_, false) => Standing::Delayed,
    }
}
