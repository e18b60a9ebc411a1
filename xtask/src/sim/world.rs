//! What is simulated: one disk, journals over it, an engine over them, a clock.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context as _;
use bytes::Bytes;
use engine::{DeadLetter, DeduplicationScope, QueueKey, QueueKind, QueueSettings, Queues as _};
use journal::{Durability, FileJournal, Journal, MemoryJournal, Settings, SimulatedDisk};
use local::{Local, SpaceLimits};
use testkit::SimulatedClock;

use super::faulty_journal::FaultyJournal;

pub(super) const PARTITIONS: usize = 3;
/// Segments so small that a run has many.
const SEGMENT_BYTES: u64 = 2048;
const LIMITS: SpaceLimits =
    SpaceLimits { snapshot_after: u64::MAX, garbage_max: u64::MAX / 4, garbage_idle: 512 };
/// An engine, and how to turn its journals.
pub(super) struct Owner {
    pub(super) local: Arc<Local>,
    journals: Vec<Arc<FaultyJournal>>,
}

impl Owner {
    /// Lets one journal write and sync.
    pub(super) fn turn(&self, partition: usize) {
        self.journals[partition].turn();
    }

    /// Whether everything that was appended is durable.
    pub(super) fn is_quiet(&self) -> bool {
        self.journals.iter().all(|journal| journal.durable(journal.tail()).is_none())
    }

    pub(super) fn turn_all(&self) {
        self.journals.iter().for_each(|journal| journal.turn());
    }
}

pub(super) struct World {
    pub(super) disk: SimulatedDisk,
    pub(super) clock: SimulatedClock,
    registry: Arc<MemoryJournal>,
    newest: Arc<AtomicU64>,
    epochs: u64,
    folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            disk: SimulatedDisk::default(),
            clock: SimulatedClock::default(),
            registry: Arc::default(),
            newest: Arc::default(),
            epochs: 0,
            folder: tempfile::tempdir()?,
        })
    }

    /// A new owner of what is on the disk; whoever owned it before is fenced.
    pub(super) fn open(&mut self) -> anyhow::Result<Owner> {
        self.epochs += 1;
        self.newest.store(self.epochs, std::sync::atomic::Ordering::Relaxed);
        self.over(self.disk.clone(), &self.newest)
    }

    /// Another engine over a disk of its own, to compare with.
    pub(super) fn beside(&self, disk: SimulatedDisk) -> anyhow::Result<Owner> {
        self.over(disk, &Arc::default())
    }

    fn over(&self, disk: SimulatedDisk, newest: &Arc<AtomicU64>) -> anyhow::Result<Owner> {
        let epoch = newest.load(std::sync::atomic::Ordering::Relaxed);
        let disk: Arc<dyn journal::Disk> = Arc::new(disk);
        let open = |number: usize| -> anyhow::Result<Arc<FaultyJournal>> {
            let settings = Settings {
                folder: Path::new("/").join(number.to_string()),
                durability: Durability::Fsync,
                segment_bytes_max: SEGMENT_BYTES,
                disk: Arc::clone(&disk),
            };
            let journal = FileJournal::open_in_turns(&settings).context("a journal does not open")?;
            Ok(Arc::new(FaultyJournal { journal, epoch, newest: Arc::clone(newest) }))
        };
        let journals: Vec<Arc<FaultyJournal>> = (0..PARTITIONS).map(open).collect::<Result<_, _>>()?;
        let shared = journals.iter().map(|journal| Arc::clone(journal) as Arc<dyn Journal>).collect();
        let registry = Arc::clone(&self.registry) as Arc<dyn Journal>;
        let clock = Arc::new(self.clock.clone());
        let local = Local::over_journals(shared, registry, self.folder.path(), LIMITS, clock)?;
        Ok(Owner { local, journals })
    }
}

/// A queue of the simulation. Names are long enough to spread over the partitions.
#[derive(Clone, Debug)]
pub(super) struct Simulated {
    pub(super) key: QueueKey,
    pub(super) fifo: bool,
    /// Where its messages go that are received too often.
    pub(super) dead_letters: Option<QueueKey>,
}

/// Standard and FIFO queues, with and without dead-letter queues.
pub(super) fn queues() -> Vec<Simulated> {
    let queue = |name: &str, fifo, dead: Option<&str>| Simulated {
        key: QueueKey::new(name),
        fifo,
        dead_letters: dead.map(QueueKey::new),
    };
    vec![
        queue("dead-letters", false, None),
        queue("dead-letters.fifo", true, None),
        queue("orders", false, Some("dead-letters")),
        queue("invoices", false, None),
        queue("shipments", false, Some("dead-letters")),
        queue("ledger.fifo", true, None),
        queue("stock.fifo", true, Some("dead-letters.fifo")),
    ]
}

/// Creates the queues, turning the journals until it is done. A message that is received oftener than `receives_max`
/// moves to its dead-letter queue.
pub(super) async fn create(owner: &Owner, queues: &[Simulated], receives_max: u32) -> anyhow::Result<()> {
    for queue in queues {
        let target = queue.dead_letters.clone();
        let settings = QueueSettings {
            kind: if queue.fifo { QueueKind::Fifo(DeduplicationScope::Queue) } else { QueueKind::Standard },
            delay_seconds: 0,
            retention_seconds: 1_209_600,
            visibility_timeout_seconds: 30,
            dead_letter: target.map(|target| DeadLetter { target, max_receive_count: receives_max }),
            in_flight_max: 120_000,
        };
        let (local, key) = (Arc::clone(&owner.local), queue.key.clone());
        let created = tokio::spawn(async move { local.create_queue(key, settings, Bytes::new()).await });
        while !created.is_finished() {
            owner.turn_all();
            tokio::task::yield_now().await;
        }
        created.await??;
    }
    Ok(())
}
