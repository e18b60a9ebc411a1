//! What is done to the engine, step by step, by dice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use engine::{
    Commit, Delivery, Enqueue, Error, MessageId, Moved, Moving, NewMessage, QueueKey, Queues as _, Receive,
    Refusal, Sent, Settle, Settlement,
};
use journal::Fault;
use local::Local;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinHandle;

use super::model::{Model, original};
use super::world::{self, Owner, PARTITIONS, Simulated, World};

/// A call that was begun and has not answered yet.
enum Call {
    Commit { ids: Vec<MessageId>, answer: JoinHandle<Result<Vec<Sent>, Error>> },
    Receive { queue: usize, begun: u64, answer: JoinHandle<Result<Vec<Delivery>, Error>> },
    Move { answer: JoinHandle<Result<Moved, Error>> },
    Settle { held: Held, settle: Settle, answer: JoinHandle<Result<Vec<Result<(), Refusal>>, Error>> },
}

/// A message in somebody's hands.
#[derive(Clone)]
struct Held {
    queue: usize,
    id: u128,
    receive_count: u32,
    receipt_handle: String,
    /// When it was received.
    since: u64,
}

struct Script {
    dice: StdRng,
    world: World,
    owner: Owner,
    queues: Vec<Simulated>,
    model: Model,
    calls: Vec<Call>,
    held: Vec<Held>,
    /// Counts what happens: later things have greater numbers.
    moment: u64,
    /// When it was last unknown who had received what: the engine was opened anew, or a receive failed.
    unsure: u64,
    next_id: u128,
    /// Whether this run moves messages out of dead-letter queues. Those that do not hold their model to more.
    moves: bool,
    /// A journal that does not move for so many steps.
    stalled: BTreeMap<usize, u32>,
    aloud: bool,
}

/// One run.
pub(super) async fn run(seed: u64, steps: u32, aloud: bool) -> anyhow::Result<()> {
    let mut world = World::new()?;
    let owner = world.open()?;
    let queues = world::queues();
    let moves = seed % 2 == 1;
    world::create(&owner, &queues, if moves { 1 } else { 3 }).await?;
    let mut script = Script {
        dice: StdRng::seed_from_u64(seed),
        world,
        owner,
        queues,
        model: Model::default(),
        calls: Vec::new(),
        held: Vec::new(),
        moment: 0,
        unsure: 0,
        next_id: 1,
        moves,
        stalled: BTreeMap::new(),
        aloud,
    };
    for step in 0..steps {
        script.step().await.with_context(|| format!("at step {step}"))?;
    }
    script.finish().await
}

impl Script {
    fn roll(&mut self, below: usize) -> usize {
        self.dice.random_range(0..below.max(1))
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.aloud {
            println!("{:5} {}", self.moment, what());
        }
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        self.moment += 1;
        match self.roll(100) {
            0..=29 => self.commit(),
            30..=49 => self.receive(),
            50..=64 => self.settle(),
            65..=69 if self.moves => self.move_messages(),
            65..=84 => self.turn(),
            85..=91 => self.pass_time(),
            92 => self.stall(),
            93 => self.fail(),
            94..=95 => self.tidy_up().await?,
            96 => self.compare().await?,
            97 => self.restart(false).await?,
            98 => self.restart(true).await?,
            _ => self.take_over().await?,
        }
        self.let_run().await;
        self.answers().await
    }

    /// Lets every task go as far as it can.
    async fn let_run(&self) {
        for _ in 0..30 {
            tokio::task::yield_now().await;
        }
    }

    fn commit(&mut self) {
        let (targets, topic) = (1 + self.roll(3), self.roll(3));
        let sender = self.roll(2);
        let mut enqueue = Vec::new();
        let mut ids = Vec::new();
        let commit = u64::try_from(self.next_id).unwrap_or(u64::MAX);
        let home: Option<Arc<str>> = (targets > 1 || sender == 0).then(|| format!("topic-{topic}").into());
        for _ in 0..targets {
            let queue = self.roll(self.queues.len() - 2) + 2;
            let Simulated { key, fifo, .. } = self.queues[queue].clone();
            let id = MessageId(self.next_id);
            self.next_id += 1;
            // Order is kept among what comes from one home.
            let origin = home.clone().unwrap_or_else(|| "direct".into());
            let group = fifo.then(|| format!("{origin}-{}", self.dice.random_range(0..2)));
            self.model.begin(id, key.clone(), commit, group.clone(), self.moment);
            let message = NewMessage {
                id,
                content: Bytes::from(id.0.to_string()),
                delay_seconds: (!fifo && self.dice.random_bool(0.1)).then(|| self.dice.random_range(1..60)),
                group: group.map(Arc::from),
                deduplication_id: fifo.then(|| id.0.to_string().into()),
            };
            enqueue.push(Enqueue { queue: key, message });
            ids.push(id);
        }
        self.tell(|| format!("commit {ids:?} home {home:?}"));
        let local = Arc::clone(&self.owner.local);
        let answer = tokio::spawn(async move { local.commit(Commit { home, enqueue }).await });
        self.calls.push(Call::Commit { ids, answer });
    }

    fn receive(&mut self) {
        let queue = self.roll(self.queues.len());
        let receive = Receive {
            queue: self.queues[queue].key.clone(),
            max_messages: self.dice.random_range(1..=10),
            visibility_timeout_seconds: Some(self.dice.random_range(1..60)),
            wait: Duration::from_secs(if self.dice.random_bool(0.2) { 10 } else { 0 }),
            attempt_id: None,
        };
        let local = Arc::clone(&self.owner.local);
        let answer = tokio::spawn(async move { local.receive(receive).await });
        self.calls.push(Call::Receive { queue, begun: self.moment, answer });
    }

    fn settle(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.roll(self.held.len());
        let first = self.held.swap_remove(index);
        let settle = if self.dice.random_bool(0.8) {
            Settle::Delete
        } else {
            Settle::VisibleIn { seconds: self.dice.random_range(0..30) }
        };
        if let Some(sent) = self.model.sent.get_mut(&first.id).filter(|_| settle == Settle::Delete) {
            sent.deleting = true;
        }
        self.tell(|| format!("settle {} {settle:?}", first.id));
        let key = self.queues[first.queue].key.clone();
        let settlement = Settlement { receipt_handle: first.receipt_handle.clone(), settle };
        let local = Arc::clone(&self.owner.local);
        let answer = tokio::spawn(async move { local.settle(key, vec![settlement]).await });
        self.calls.push(Call::Settle { held: first, settle, answer });
    }

    /// Out of a dead-letter queue, back to where they came from. What is in somebody's hands there may be gone from now on.
    fn move_messages(&mut self) {
        let dead_letters = self.roll(2);
        self.model.moves = true;
        self.unsure = self.moment;
        let count = self.dice.random_range(1..=5);
        let ids = (0..count).map(|_| MessageId(self.dice.random::<u128>() | 1 << 127)).collect();
        let moving = Moving { queue: self.queues[dead_letters].key.clone(), to: None, ids, through: None };
        self.tell(|| format!("move up to {count} out of {}", moving.queue));
        let local = Arc::clone(&self.owner.local);
        let answer = tokio::spawn(async move { local.move_messages(moving).await });
        self.calls.push(Call::Move { answer });
    }

    fn turn(&mut self) {
        for partition in 0..PARTITIONS {
            match self.stalled.get_mut(&partition) {
                Some(0) | None => {
                    self.stalled.remove(&partition);
                    self.owner.turn(partition);
                }
                Some(steps) => *steps -= 1,
            }
        }
    }

    fn stall(&mut self) {
        let (partition, steps) = (self.roll(PARTITIONS), self.dice.random_range(1..8));
        self.stalled.insert(partition, steps);
    }

    fn pass_time(&mut self) {
        let seconds = match self.roll(10) {
            0 => self.dice.random_range(300..3600),
            _ => self.dice.random_range(1..40),
        };
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// One of the next operations of the disk fails; whether the write got there is unknown.
    fn fail(&mut self) {
        let operation = self.world.disk.operations() + self.dice.random_range(1..6);
        let kind = if self.dice.random_bool(0.5) {
            std::io::ErrorKind::StorageFull
        } else {
            std::io::ErrorKind::Other
        };
        let written = self.roll(200);
        self.tell(|| format!("operation {operation} of the disk is to fail: {kind:?}"));
        self.world.disk.fail(Some(Fault::At { operation, kind, written }));
    }

    async fn tidy_up(&mut self) -> anyhow::Result<()> {
        let local = Arc::clone(&self.owner.local);
        // It fails where the disk or the owner does.
        let tidied = self.driven(async move { local.tidy_up().await }).await?;
        self.tell(|| format!("tidied up: {tidied:?}"));
        Ok(())
    }

    /// Replay equals live.
    async fn compare(&mut self) -> anyhow::Result<()> {
        self.settle_down().await;
        if self.is_broken() {
            return self.restart(false).await;
        }
        let live = self.owner.local.states();
        let beside = self.world.beside(self.world.disk.copy())?;
        ensure!(beside.local.states() == live, "what is replayed differs from what was lived through");
        Ok(())
    }

    /// A disk that has failed lets nothing more in.
    fn is_broken(&self) -> bool {
        let local: &Local = &self.owner.local;
        local.failure().is_some()
    }

    /// Everything that is on its way arrives.
    async fn settle_down(&mut self) {
        self.stalled.clear();
        while !self.owner.is_quiet() && !self.is_broken() {
            self.owner.turn_all();
            self.let_run().await;
        }
    }

    /// The process ends without warning; if `power` goes too, so does what was not synced.
    async fn restart(&mut self, power: bool) -> anyhow::Result<()> {
        self.tell(|| if power { "power is lost" } else { "killed" }.to_owned());
        self.world.disk.fail(None);
        self.drop_calls();
        if power {
            let Self { dice, world, .. } = self;
            world.disk.lose_power(&mut |below| dice.random_range(0..below.max(1)));
        }
        self.owner = self.world.open()?;
        self.unsure = self.moment;
        self.stalled.clear();
        self.let_run().await;
        Ok(())
    }

    /// Another owner opens the journals while the old one still lives and is asked.
    async fn take_over(&mut self) -> anyhow::Result<()> {
        self.tell(|| "taken over".to_owned());
        self.world.disk.fail(None);
        let owner = self.world.open()?;
        self.commit();
        self.receive();
        self.owner.turn_all();
        self.let_run().await;
        self.answers().await?;
        self.drop_calls();
        self.owner = owner;
        self.unsure = self.moment;
        self.let_run().await;
        Ok(())
    }

    /// Nobody hears what becomes of what is under way.
    fn drop_calls(&mut self) {
        for call in self.calls.drain(..) {
            match call {
                Call::Commit { answer, .. } => answer.abort(),
                Call::Receive { answer, .. } => answer.abort(),
                Call::Move { answer } => answer.abort(),
                Call::Settle { answer, .. } => answer.abort(),
            }
        }
    }

    /// Notes what has been answered.
    async fn answers(&mut self) -> anyhow::Result<()> {
        for call in std::mem::take(&mut self.calls) {
            match call {
                Call::Commit { ids, answer } if answer.is_finished() => {
                    if answer.await?.is_ok() {
                        self.tell(|| format!("acknowledged {ids:?}"));
                        for id in ids {
                            self.model
                                .sent
                                .entry(id.0)
                                .and_modify(|sent| sent.acknowledged = Some(self.moment));
                        }
                    }
                }
                Call::Receive { queue, begun, answer } if answer.is_finished() => {
                    match answer.await? {
                        Ok(deliveries) => self.note(queue, &deliveries, begun)?,
                        // It may have received something all the same.
                        Err(_) => self.unsure = self.moment,
                    }
                }
                Call::Move { answer } if answer.is_finished() => {
                    let moved = answer.await?;
                    self.unsure = self.moment;
                    self.tell(|| format!("moved {moved:?}"));
                }
                Call::Settle { held, settle, answer } if answer.is_finished() => {
                    if let Ok(results) = answer.await?
                        && results.iter().all(Result::is_ok)
                        && settle == Settle::Delete
                    {
                        self.note_deleted(&held);
                    }
                }
                unfinished => self.calls.push(unfinished),
            }
        }
        Ok(())
    }

    /// A delete was acknowledged. One under an older handle is, too, and does nothing, and so is one of a message that
    /// has moved on: it counts if nobody can have received the message since.
    fn note_deleted(&mut self, held: &Held) {
        let receiving = |call: &Call| match call {
            Call::Receive { queue, .. } => *queue == held.queue,
            Call::Move { .. } => true,
            _ => false,
        };
        let only = held.since > self.unsure && !self.calls.iter().any(receiving);
        let Some(sent) = self.model.sent.get_mut(&held.id) else { return };
        let stays = self.queues[held.queue].dead_letters.is_none();
        if only && stays && sent.receives == held.receive_count {
            sent.deleted.get_or_insert(self.moment);
            self.tell(|| format!("deleted {}", held.id));
        }
    }

    fn note(&mut self, queue: usize, deliveries: &[Delivery], begun: u64) -> anyhow::Result<()> {
        let ids: Vec<u128> = deliveries.iter().map(|delivery| delivery.message_id.0).collect();
        self.tell(|| format!("received {ids:?} from {}", self.queues[queue].key));
        self.model.received(&self.queues[queue], deliveries, begun)?;
        for delivery in deliveries {
            self.held.push(Held {
                queue,
                id: original(delivery)?,
                receive_count: delivery.receive_count,
                receipt_handle: delivery.receipt_handle.clone(),
                since: self.moment,
            });
        }
        Ok(())
    }

    /// Everything arrives, everything becomes visible, everything is received and deleted: once.
    async fn finish(&mut self) -> anyhow::Result<()> {
        self.restart(false).await?;
        for _ in 0..4 {
            self.settle_down().await;
            self.world.clock.advance(Duration::from_hours(1));
        }
        self.compare().await?;
        for queue in [2, 3, 4, 5, 6, 0, 1] {
            self.empty(queue).await?;
        }
        self.model.finish()?;
        self.compare().await
    }

    async fn empty(&mut self, queue: usize) -> anyhow::Result<()> {
        loop {
            self.moment += 1;
            let receive = Receive {
                queue: self.queues[queue].key.clone(),
                max_messages: 10,
                visibility_timeout_seconds: Some(43_200),
                wait: Duration::ZERO,
                attempt_id: None,
            };
            let key: QueueKey = receive.queue.clone();
            let local = Arc::clone(&self.owner.local);
            let deliveries = self.driven(async move { local.receive(receive).await }).await??;
            if deliveries.is_empty() {
                // Moves into dead-letter queues were perhaps all that happened.
                self.settle_down().await;
                let local = Arc::clone(&self.owner.local);
                let counts = self.driven(async move { local.counts(&key).await }).await??;
                ensure!(counts.visible == 0 || self.queues[queue].fifo, "{counts:?} cannot be received");
                return Ok(());
            }
            self.tell(|| {
                let ids: Vec<u128> = deliveries.iter().map(|delivery| delivery.message_id.0).collect();
                format!("emptied {ids:?} out of {}", self.queues[queue].key)
            });
            self.model.received(&self.queues[queue], &deliveries, self.moment)?;
            for delivery in &deliveries {
                if let Some(sent) = self.model.sent.get_mut(&original(delivery)?) {
                    (sent.deleting, sent.deleted) = (true, Some(self.moment));
                }
            }
            let settle = |delivery: &Delivery| Settlement {
                receipt_handle: delivery.receipt_handle.clone(),
                settle: Settle::Delete,
            };
            let settlements = deliveries.iter().map(settle).collect();
            let local = Arc::clone(&self.owner.local);
            let settled = self.driven(async move { local.settle(key, settlements).await }).await??;
            ensure!(settled.iter().all(Result::is_ok), "a fresh handle is refused: {settled:?}");
        }
    }

    /// Turns the journals until a call has answered.
    async fn driven<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let answer = tokio::spawn(call);
        while !answer.is_finished() {
            self.owner.turn_all();
            self.let_run().await;
        }
        answer.await
    }
}
