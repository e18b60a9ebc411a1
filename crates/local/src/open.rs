//! Opening the engine: settings, and why a store cannot be opened.

use std::path::PathBuf;
use std::sync::Arc;

use ::history::Limits as HistoryLimits;
use bytes::Bytes;
use engine::Clock;
use journal::{FileJournal, Journal, JournalError, MemoryJournal, Position};
use partition::{Partition, Record};

use crate::cell::Cell;
use crate::limits::{self, SpaceLimits};

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives power loss.
    Fsync,
    /// Survives the end of the process; may lose the last 20 ms at power loss.
    Relaxed,
    /// Survives nothing.
    Memory,
}

/// How the engine is to be opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept; with `Durability::Memory` only blobs lie there, and only as long as the process lives.
    pub folder: PathBuf,
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// For a new store; one that exists keeps its number.
    pub partitions: u16,
    /// How much of what happened is kept; nothing without.
    pub history: Option<HistoryLimits>,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read or written.
    #[error("cannot use data folder {}: {reason}", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Another process has it open.
    #[error("data folder {} is in use by another instance", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// Written by a newer program.
    #[error(
        "the store has format {found}, newer than {known}, the newest this program knows; use a newer konekuta"
    )]
    Newer {
        /// In the folder.
        found: u32,
        /// Known here.
        known: u32,
    },
    /// Written by an older program.
    #[error("the store has format {found}; this program reads {known} only")]
    Older {
        /// In the folder.
        found: u32,
        /// Known here.
        known: u32,
    },
    /// Something in it does not fit its checksum.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

impl From<JournalError> for OpenError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::NewerFormat { found, known } => Self::Newer { found, known },
            error @ JournalError::Corrupt { .. } => Self::Damaged(error.to_string()),
            other => Self::Unusable { folder: PathBuf::new(), reason: other.to_string() },
        }
    }
}

/// Opens a journal of the store.
pub(crate) fn journal(settings: &Settings, name: &str) -> Result<Arc<dyn Journal>, OpenError> {
    let durability = match settings.durability {
        Durability::Fsync => journal::Durability::Fsync,
        Durability::Relaxed => journal::Durability::Relaxed,
        Durability::Memory => return Ok(Arc::new(MemoryJournal::default())),
    };
    let folder = settings.folder.join(name);
    let opened =
        FileJournal::open(&journal::Settings::on_disk(&folder, durability, limits::SEGMENT_BYTES_MAX));
    opened.map(|journal| Arc::new(journal) as Arc<dyn Journal>).map_err(|error| {
        match OpenError::from(error) {
            OpenError::Unusable { reason, .. } => OpenError::Unusable { folder, reason },
            other => other,
        }
    })
}

/// The newest snapshot and where replay begins.
///
/// Power loss may have taken the end of a log that was not synced yet (`relaxed`) while the snapshot, which is, covers
/// it. What is appended from now on must not stand where the snapshot already was: the gap is filled, and the snapshot
/// moved behind it.
pub(crate) fn snapshot(journal: &dyn Journal) -> Result<Option<(Position, Bytes)>, JournalError> {
    let Some((covers, state)) = journal.snapshot()? else { return Ok(None) };
    if journal.tail() >= covers {
        return Ok(Some((covers, state)));
    }
    tracing::warn!(
        covers = covers.0,
        tail = journal.tail().0,
        "the end of a log is missing; the snapshot has what it held"
    );
    while journal.tail() < covers {
        let gap = usize::try_from(covers.0 - journal.tail().0).unwrap_or(usize::MAX).min(FILLER_BYTES_MAX);
        journal.append(journal.tail(), &[vec![0; gap].into()])?;
    }
    let tail = journal.tail();
    journal.put_snapshot(tail, &state)?;
    Ok(Some((tail, state)))
}

/// A record that only fills room.
const FILLER_BYTES_MAX: usize = 1 << 20;

/// Opens a partition over its journal: the snapshot, and the records behind it.
pub(crate) fn cell(
    journal: Arc<dyn Journal>,
    number: u16,
    clock: &Arc<dyn Clock>,
    limits: SpaceLimits,
) -> Result<Arc<Cell>, JournalError> {
    let damaged = |at: Position, reason: String| JournalError::Corrupt {
        segment: format!("partition-{number}"),
        offset: at.0,
        reason,
    };
    let (from, mut partition) = match snapshot(&*journal)? {
        Some((covers, state)) => {
            (covers, Partition::restore(&state).map_err(|error| damaged(covers, error.to_string()))?)
        }
        None => (Position(0), Partition::default()),
    };
    journal.replay(from, &mut |at, record| {
        let stored = Record::decode(&record, at.0).map_err(|error| damaged(at, error.to_string()))?;
        for (operation, location) in stored {
            partition.apply(&operation, location);
        }
        Ok(())
    })?;
    partition.advance(clock.now());
    Ok(Cell::new(number, partition, journal, Arc::clone(clock), from, limits))
}
