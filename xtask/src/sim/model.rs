//! What must be true, in plain words: a list of what was sent and what was promised of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use engine::{Delivery, MessageId, QueueKey};

use super::world::Simulated;

/// One message in one queue (a commit into several queues is several of these with one `commit`).
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) queue: QueueKey,
    pub(super) commit: u64,
    pub(super) group: Option<String>,
    /// When it was begun to be sent, and when that was acknowledged.
    pub(super) begun: u64,
    pub(super) acknowledged: Option<u64>,
    /// Somebody tried to delete it: it may be gone.
    pub(super) deleting: bool,
    /// Since when it must not be seen any more.
    pub(super) deleted: Option<u64>,
    /// It was seen in its queue or its dead-letter queue.
    pub(super) seen: bool,
    /// It was seen in the dead-letter queue.
    pub(super) dead: bool,
    pub(super) receives: u32,
}

/// Everything that was sent, by message id.
#[derive(Default)]
pub(super) struct Model {
    pub(super) sent: BTreeMap<u128, Sent>,
    /// Messages were perhaps moved out of dead-letter queues: new ids, counts from the start.
    pub(super) moves: bool,
}

/// The id under which a message was sent: it is its content.
pub(super) fn original(delivery: &Delivery) -> anyhow::Result<u128> {
    Ok(std::str::from_utf8(&delivery.content)?.parse()?)
}

impl Model {
    pub(super) fn begin(
        &mut self,
        id: MessageId,
        queue: QueueKey,
        commit: u64,
        group: Option<String>,
        now: u64,
    ) {
        let sent = Sent {
            queue,
            commit,
            group,
            begun: now,
            acknowledged: None,
            deleting: false,
            deleted: None,
            seen: false,
            dead: false,
            receives: 0,
        };
        self.sent.insert(id.0, sent);
    }

    /// A receive that was begun at `begun` has answered.
    pub(super) fn received(
        &mut self,
        queue: &Simulated,
        deliveries: &[Delivery],
        begun: u64,
    ) -> anyhow::Result<()> {
        let mut batch: BTreeSet<u128> = BTreeSet::new();
        for delivery in deliveries {
            let id = original(delivery)?;
            ensure!(self.moves || delivery.message_id.0 == id, "{id} has another message's content");
            ensure!(batch.insert(id), "{} twice in one receive of {}", id, queue.key);
            let Some(sent) = self.sent.get(&id) else { anyhow::bail!("{id} was never sent") };
            ensure!(
                sent.deleted.is_none_or(|at| at > begun),
                "{id} came back to {} after its delete was acknowledged",
                queue.key
            );
            let dead = sent.queue != queue.key;
            ensure!(
                !sent.dead || dead || self.moves,
                "{id} is in {} after it was seen in its dead-letter queue",
                queue.key
            );
            if queue.fifo {
                ensure!(
                    delivery.receive_count >= sent.receives || self.moves,
                    "the receive count of {id} fell from {} to {}",
                    sent.receives,
                    delivery.receive_count
                );
                if queue.dead_letters.is_none() {
                    self.in_order(id, &batch, &queue.key)?;
                }
            }
            if let Some(sent) = self.sent.get_mut(&id) {
                // Answers may come in another order than the receives had.
                let receives = sent.receives.max(delivery.receive_count);
                (sent.seen, sent.dead, sent.receives) = (true, dead, receives);
            }
        }
        Ok(())
    }

    /// Whatever was acknowledged in a group before a message was begun to be sent comes before it. Not asked of
    /// queues with a dead-letter queue: a message that nobody saw being received may have left the row.
    fn in_order(&self, id: u128, batch: &BTreeSet<u128>, queue: &QueueKey) -> anyhow::Result<()> {
        let sent = &self.sent[&id];
        if sent.queue != *queue {
            return Ok(());
        }
        let earlier = self.sent.iter().find(|(other, before)| {
            before.queue == sent.queue
                && before.group == sent.group
                && before.acknowledged.is_some_and(|at| at < sent.begun)
                && !before.deleting
                && !batch.contains(other)
        });
        ensure!(
            earlier.is_none(),
            "{id} overtook {:?} of its group in {queue}",
            earlier.map(|(other, _)| other)
        );
        Ok(())
    }

    /// All queues were emptied: what did not come is lost.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        for (id, sent) in &self.sent {
            ensure!(
                sent.seen || sent.deleting || sent.acknowledged.is_none(),
                "{id} was acknowledged and is lost from {}",
                sent.queue
            );
        }
        let mut commits: BTreeMap<u64, Vec<(&u128, &Sent)>> = BTreeMap::new();
        for one in &self.sent {
            commits.entry(one.1.commit).or_default().push(one);
        }
        for (commit, parts) in commits {
            let known: BTreeSet<bool> = parts.iter().map(|(_, sent)| sent.seen || sent.deleting).collect();
            ensure!(known.len() == 1, "commit {commit} reached some of its queues only: {parts:?}");
        }
        Ok(())
    }
}
