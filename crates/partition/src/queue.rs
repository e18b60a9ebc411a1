//! One queue: its messages and the orders they stand in.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use engine::{DeduplicationScope, MessageId, Queue, QueueCounts, QueueKind, QueueSettings, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attempts::Attempts;
use crate::fifo::Groups;
use crate::message::{Message, Standing};
use crate::messages::Messages;
use crate::tenants::{Place, Tenants};
use crate::{Receipt, Taken};

/// A send that is remembered for five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) id: MessageId,
    pub(crate) sequence: u64,
    pub(crate) until: Timestamp,
}

/// Where a deduplication id is unique: in its group, or (no group) in the queue.
pub(crate) type DeduplicationKey = (Option<Arc<str>>, Arc<str>);

/// The state of a queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueState {
    pub(crate) about: Arc<Queue>,
    pub(crate) purged_at: Option<Timestamp>,
    pub(crate) messages: Messages,
    pub(crate) next_message: u64,
    pub(crate) deduplication: HashMap<DeduplicationKey, Remembered>,
    pub(crate) forgetting: VecDeque<(Timestamp, DeduplicationKey)>,
    pub(crate) attempts: Attempts,
    /// Standard queues: visible messages that were put back in line, by rank.
    pub(crate) put_back: BTreeSet<(u64, u64)>,
    pub(crate) groups: Groups,
    /// Standard queues: the tenants of messages that name a group.
    pub(crate) tenants: Tenants,
    /// Invisible messages by the moment they become visible.
    pub(crate) ripening: BTreeSet<(Timestamp, u64)>,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    /// Of all messages.
    pub(crate) content_bytes: u64,
    /// The partition's timer for this queue.
    pub(crate) timer: Option<Timestamp>,
    /// How far time was let pass.
    pub(crate) now: Timestamp,
}

impl QueueState {
    pub(crate) fn new(about: Arc<Queue>) -> Self {
        Self {
            about,
            purged_at: None,
            messages: Messages::default(),
            next_message: 1,
            deduplication: HashMap::new(),
            forgetting: VecDeque::new(),
            attempts: Attempts::default(),
            put_back: BTreeSet::new(),
            groups: Groups::default(),
            tenants: Tenants::default(),
            ripening: BTreeSet::new(),
            in_flight: 0,
            delayed: 0,
            content_bytes: 0,
            timer: None,
            now: Timestamp(0),
        }
    }

    pub(crate) fn settings(&self) -> &QueueSettings {
        &self.about.settings
    }

    pub(crate) fn is_fifo(&self) -> bool {
        matches!(self.settings().kind, QueueKind::Fifo(_))
    }

    pub(crate) fn counts(&self) -> QueueCounts {
        let all = self.messages.len();
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
        let aged = self.messages.oldest().map(|from| from.plus_seconds(self.settings().retention_seconds));
        let forgotten = self.forgetting.front().map(|(until, _)| *until);
        let given_up = self.attempts.due();
        [ripe, aged, forgotten, given_up].into_iter().flatten().min()
    }

    /// Adds a message that is not there yet.
    pub(crate) fn insert(&mut self, number: u64, message: Message) {
        if let Some(group) = message.group().filter(|_| self.is_fifo()) {
            self.groups.join(group, number);
        }
        self.content_bytes += u64::from(message.content.length);
        self.messages.insert(number, message);
        self.place(number);
    }

    /// Takes a message out of everything; `None` if it is gone already.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Message> {
        self.displace(number);
        self.attempts.changed(number);
        let message = self.messages.remove(number)?;
        self.content_bytes -= u64::from(message.content.length);
        if let Some(group) = message.group().filter(|_| self.is_fifo()) {
            self.groups.leave(group, number);
            self.refresh_group(group);
        }
        Some(message)
    }

    /// Changes a message and gives it its new place.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut Message)) {
        self.displace(number);
        if self.messages.change(number, change).is_some() {
            self.place(number);
        }
    }

    /// Invisible messages ripen; visible ones stand in line, or their group does.
    fn place(&mut self, number: u64) {
        let Some(message) = self.messages.get(number) else { return };
        let (standing, visible_at, rank) = (message.standing(), message.visible_at, message.rank());
        let (group, sent_at) = (message.group().cloned(), message.sent_at);
        match standing {
            Standing::Visible => match rank {
                _ if group.is_some() || self.is_fifo() => {}
                None => self.messages.set_in_line(number, true),
                Some(rank) => {
                    self.put_back.insert((rank, number));
                }
            },
            Standing::Delayed => self.delayed += 1,
            Standing::InFlight => self.in_flight += 1,
        }
        if standing != Standing::Visible {
            self.ripening.insert((visible_at, number));
        }
        match group {
            Some(group) if self.is_fifo() => self.refresh_group(&group),
            Some(tenant) => match standing {
                Standing::Visible => {
                    self.tenants.join_line(&tenant, (rank.unwrap_or(number), number), sent_at);
                }
                Standing::InFlight => self.tenants.take_off(&tenant),
                Standing::Delayed => {}
            },
            None => {}
        }
    }

    fn displace(&mut self, number: u64) {
        let Some(message) = self.messages.get(number) else { return };
        let (standing, visible_at, rank) = (message.standing(), message.visible_at, message.rank());
        if !self.is_fifo() {
            let tenant = message.group().cloned();
            let (spent_ms, now) = (since(message.received_at(), self.now), self.now);
            match (standing, tenant) {
                (Standing::Visible, Some(tenant)) => {
                    self.tenants.leave_line(&tenant, (rank.unwrap_or(number), number));
                }
                (Standing::InFlight, tenant) => self.tenants.land(tenant.as_ref(), spent_ms, now),
                _ => {}
            }
        }
        match standing {
            Standing::Visible => match rank {
                None => self.messages.set_in_line(number, false),
                Some(rank) => {
                    self.put_back.remove(&(rank, number));
                }
            },
            Standing::Delayed => self.delayed -= 1,
            Standing::InFlight => self.in_flight -= 1,
        }
        if standing != Standing::Visible {
            self.ripening.remove(&(visible_at, number));
        }
    }

    /// Standard queues: visible messages of no tenant from the front of the line. Those that were put back stand where
    /// their ranks are.
    pub(crate) fn line(&self) -> impl Iterator<Item = Place> + '_ {
        let mut sent = self.messages.in_line().map(|number| (number, number)).peekable();
        let mut put_back = self.put_back.iter().copied().peekable();
        std::iter::from_fn(move || match (sent.peek(), put_back.peek()) {
            (Some(first), Some(other)) if first < other => sent.next(),
            (_, Some(_)) => put_back.next(),
            _ => sent.next(),
        })
    }

    /// Whether a receive would find something now.
    pub(crate) fn has_visible(&self) -> bool {
        if self.in_flight >= u64::from(self.settings().in_flight_max) {
            return false;
        }
        if self.is_fifo() {
            !self.groups.none_ready()
        } else {
            !self.tenants.none_in_line() || self.line().next().is_some()
        }
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
            .and_then(|head| self.messages.get(head))
            .is_some_and(|message| message.standing() == Standing::Visible);
        self.groups.set_ready(group, ready);
    }

    pub(crate) fn is_visible(&self, number: u64) -> bool {
        self.messages.get(number).is_some_and(|message| message.standing() == Standing::Visible)
    }

    /// What a receiver of the message sees, once its receive is applied.
    pub(crate) fn taken(&self, queue: u32, number: u64, now: Timestamp, again: bool) -> Option<Taken> {
        let message = self.messages.get(number)?;
        let receive_count = message.receive_count + u32::from(!again);
        let first = message.receive_count == 0;
        Some(Taken {
            receipt: Receipt { queue, message: number, receive: receive_count },
            message_id: message.id(),
            content: message.content,
            sent_at: message.sent_at,
            first_received_at: if first { now } else { message.first_received_at() },
            receive_count,
            sequence_number: self.is_fifo().then_some(number),
            group: message.group().cloned(),
            dead_letter_source: message.dead_letter_source().cloned(),
        })
    }
}

/// Milliseconds between two moments; none if time has gone backwards.
fn since(then: Timestamp, now: Timestamp) -> u64 {
    now.0.saturating_sub(then.0)
}
