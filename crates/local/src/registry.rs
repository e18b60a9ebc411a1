//! The registry: records by key, over a journal of their own.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine::{Change, EngineError, Error, Expect, Record, RecordKey, Refusal, Registry, Watch};
use futures_util::future::BoxFuture;
use journal::{Journal, JournalError, Position};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::blobs::BlobFolder;
use crate::engine_error::{failed, from_journal};
use crate::{Local, limits, open};

/// A record of the registry's journal. Described in `docs/formats/registry.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry {
    Put {
        key: String,
        revision: u64,
        value: Vec<u8>,
    },
    Deleted {
        key: String,
    },
    /// Changes that happened together.
    Together(Vec<Entry>),
}

/// The whole state, as a snapshot holds it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Held {
    revision: u64,
    records: BTreeMap<String, (u64, Vec<u8>)>,
}

/// The state and its journal.
pub(crate) struct RegistryJournal {
    journal: Arc<dyn Journal>,
    state: Mutex<State>,
    changed: Arc<watch::Sender<u64>>,
    /// Whose sweep is told of what records hold.
    blobs: Arc<BlobFolder>,
}

#[derive(Default)]
struct State {
    revision: u64,
    records: BTreeMap<String, (u64, Bytes)>,
    tail: Position,
    /// The latest changes, numbered.
    changes: Arc<Mutex<VecDeque<(u64, String)>>>,
    change: u64,
    snapshot_at: Position,
    /// Of the latest snapshot.
    snapshot_bytes: u64,
}

fn malformed(at: Position, error: &postcard::Error) -> JournalError {
    JournalError::Corrupt { segment: "registry".to_owned(), offset: at.0, reason: error.to_string() }
}

impl RegistryJournal {
    pub(crate) fn open(journal: Arc<dyn Journal>, blobs: Arc<BlobFolder>) -> Result<Self, JournalError> {
        let mut state = State::of(open::snapshot(&*journal)?, journal.tail())?;
        let from = state.snapshot_at;
        journal.replay(from, &mut |at, bytes| {
            state.apply(postcard::from_bytes(&bytes).map_err(|error| malformed(at, &error))?);
            Ok(())
        })?;
        Ok(Self { journal, state: Mutex::new(state), changed: Arc::new(watch::Sender::new(0)), blobs })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an entry, applies it, and answers what to wait for.
    fn write(
        &self,
        state: &mut State,
        entry: Entry,
    ) -> Result<Option<BoxFuture<'static, Result<(), JournalError>>>, Error> {
        let bytes = postcard::to_stdvec(&entry)
            .map_err(|error| Error::Failed(EngineError::Io(format!("registry: {error}"))))?;
        let appended = self.journal.append(state.tail, &[bytes.into()]).map_err(failed)?;
        state.tail = appended.end;
        state.apply(entry);
        self.changed.send_replace(state.change);
        Ok(self.journal.durable(appended.end))
    }

    /// Makes changes, all or none; durable when it answers. Answers the revision then.
    async fn make(self: &Arc<Self>, changes: Vec<Change>) -> Result<u64, Error> {
        let (revision, durable) = {
            let mut state = self.state();
            for change in &changes {
                if let Change::Put(_, value, _) = change {
                    self.blobs.sweep.held(value);
                }
            }
            let mut entries = state.entries(changes)?;
            let entry = match entries.len() {
                0 => return Ok(state.revision),
                1 => entries.remove(0),
                _ => Entry::Together(entries),
            };
            let durable = self.write(&mut state, entry)?;
            (state.revision, durable)
        };
        safe(durable).await?;
        self.snapshot_if_grown().await;
        Ok(revision)
    }

    /// Takes a snapshot if the journal has grown enough. Failing to is no failure of what was written.
    async fn snapshot_if_grown(self: &Arc<Self>) {
        let covers = {
            let mut state = self.state();
            // By as much as the last one took: all snapshots together then take no more than twice what was written.
            let enough = limits::REGISTRY_SNAPSHOT_AFTER_BYTES.max(state.snapshot_bytes);
            if state.tail.0 - state.snapshot_at.0 <= enough {
                return;
            }
            state.snapshot_at = state.tail;
            state.tail
        };
        if let Err(error) = self.snapshot(covers).await {
            tracing::warn!(%error, "no snapshot of the registry could be taken; its journal keeps everything");
        }
    }

    /// Takes a snapshot from which replay begins at `covers`, where the journal ends or ended a moment ago.
    async fn snapshot(self: &Arc<Self>, covers: Position) -> Result<(), JournalError> {
        let gone = |error: tokio::task::JoinError| JournalError::Io(error.to_string());
        let registry = Arc::clone(self);
        let (bytes, end) = spawn_blocking(move || registry.gathered()).await.map_err(gone)??;
        // The snapshot must not know more than the journal holds for sure.
        if let Some(durable) = self.journal.durable(end) {
            durable.await?;
        }
        self.state().snapshot_bytes = bytes.len() as u64;
        let journal = Arc::clone(&self.journal);
        let put = spawn_blocking(move || {
            journal.put_snapshot(covers, &bytes)?;
            let stretches = journal.stretches();
            let free = stretches.iter().filter(|stretch| stretch.end <= covers).map(|stretch| stretch.start);
            journal.release(&free.collect::<Vec<_>>());
            Ok(())
        });
        put.await.map_err(gone)?
    }

    /// All records as a snapshot has them, and where the journal ended when the last one was read. Nobody waits for it:
    /// they are read page by page, and what changes meanwhile is in it as it was or as it became. Replay makes that one
    /// moment, since it sets whatever changed to what it became at last.
    fn gathered(&self) -> Result<(Vec<u8>, Position), JournalError> {
        let (mut records, mut count, mut after) = (Vec::new(), 0_u64, None);
        loop {
            let page = self.page("", after.as_ref().map(RecordKey::as_str), limits::RECORDS_AT_ONCE);
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            count += page.len() as u64;
            for record in &page {
                let entry = (record.key.as_str(), (record.revision, &*record.value));
                records = postcard::to_extend(&entry, records)
                    .map_err(|error| JournalError::Io(format!("registry: {error}")))?;
            }
        }
        let state = self.state();
        // As `Held` is encoded: the revision, how many records, and those.
        let mut bytes =
            postcard::to_stdvec(&(state.revision, count)).map_err(|error| malformed(state.tail, &error))?;
        bytes.extend_from_slice(&records);
        Ok((bytes, state.tail))
    }

    /// Up to `limit` records whose keys begin with `prefix` and come after `after`.
    pub(crate) fn page(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<Record> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let state = self.state();
        let records = state.records.range::<str, _>((from, Bound::Unbounded));
        records.take_while(|(key, _)| key.starts_with(prefix)).take(limit).map(record).collect()
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.journal.failure()
    }

    /// The state as a snapshot that stands at the beginning of a journal without records.
    pub(crate) fn image(&self) -> Result<(Position, Vec<u8>), JournalError> {
        self.state().encoded()
    }

    pub(crate) fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// Ends: everything into the log, and a snapshot of it.
    pub(crate) async fn close(self: &Arc<Self>) -> Result<(), EngineError> {
        let tail = self.state().tail;
        self.snapshot(tail).await.map_err(from_journal)?;
        self.journal.close().map_err(from_journal)
    }
}

/// What the records of a registry hold that is not in use, from its snapshot and what came behind that; and what of it
/// cannot be read.
pub(crate) fn values(
    snapshot: Option<(Position, Bytes)>,
    entries: &[(Position, Bytes)],
) -> (Vec<Bytes>, Vec<String>) {
    let mut damage = Vec::new();
    let mut state = State::of(snapshot, Position(0)).unwrap_or_else(|error| {
        damage.push(format!("registry: {error}"));
        State::default()
    });
    let covered = state.snapshot_at;
    for (at, entry) in entries.iter().filter(|(at, _)| *at >= covered) {
        match postcard::from_bytes(entry) {
            Ok(entry) => state.apply(entry),
            Err(error) => damage.push(format!("registry: at {}: {error}", at.0)),
        }
    }
    (state.records.into_values().map(|(_, value)| value).collect(), damage)
}

impl State {
    /// From a snapshot, over a journal that goes to `tail`.
    fn of(snapshot: Option<(Position, Bytes)>, tail: Position) -> Result<Self, JournalError> {
        let Some((covers, bytes)) = snapshot else { return Ok(Self { tail, ..Self::default() }) };
        let held: Held = postcard::from_bytes(&bytes).map_err(|error| malformed(covers, &error))?;
        let records =
            held.records.into_iter().map(|(key, (revision, value))| (key, (revision, Bytes::from(value))));
        Ok(Self {
            revision: held.revision,
            records: records.collect(),
            tail,
            snapshot_at: covers,
            snapshot_bytes: bytes.len() as u64,
            ..Self::default()
        })
    }

    /// The state as a snapshot, and what it covers.
    fn encoded(&self) -> Result<(Position, Vec<u8>), JournalError> {
        let records =
            self.records.iter().map(|(key, (revision, value))| (key.clone(), (*revision, value.to_vec())));
        let held = Held { revision: self.revision, records: records.collect() };
        let bytes = postcard::to_stdvec(&held).map_err(|error| malformed(self.tail, &error))?;
        Ok((self.tail, bytes))
    }

    fn apply(&mut self, entry: Entry) {
        let key = match entry {
            Entry::Put { key, revision, value } => {
                self.revision = self.revision.max(revision);
                self.records.insert(key.clone(), (revision, value.into()));
                key
            }
            Entry::Deleted { key } => {
                self.records.remove(&key);
                key
            }
            Entry::Together(entries) => return entries.into_iter().for_each(|entry| self.apply(entry)),
        };
        self.change += 1;
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.push_back((self.change, key));
        if changes.len() > limits::CHANGES_KEPT {
            changes.pop_front();
        }
    }

    /// The entries that changes become, if all may be made.
    fn entries(&self, changes: Vec<Change>) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::with_capacity(changes.len());
        let mut revision = self.revision;
        for change in changes {
            match change {
                Change::Put(key, value, expect) => {
                    self.check(&key, expect)?;
                    revision += 1;
                    entries.push(Entry::Put { key: key.as_str().to_owned(), revision, value: value.into() });
                }
                Change::Delete(key, expect) => {
                    self.check(&key, expect)?;
                    if self.records.contains_key(key.as_str()) {
                        entries.push(Entry::Deleted { key: key.as_str().to_owned() });
                    }
                }
                Change::Check(key, expect) => self.check(&key, expect)?,
            }
        }
        Ok(entries)
    }

    fn check(&self, key: &RecordKey, expect: Expect) -> Result<(), Refusal> {
        let revision = self.records.get(key.as_str()).map(|(revision, _)| *revision);
        let holds = match expect {
            Expect::Anything => true,
            Expect::Absent => revision.is_none(),
            Expect::Revision(expected) => revision == Some(expected),
        };
        if holds { Ok(()) } else { Err(Refusal::RecordChanged(key.clone())) }
    }
}

async fn safe(durable: Option<BoxFuture<'static, Result<(), JournalError>>>) -> Result<(), Error> {
    match durable {
        Some(durable) => durable.await.map_err(failed),
        None => Ok(()),
    }
}

fn record((key, (revision, value)): (&String, &(u64, Bytes))) -> Record {
    Record { key: RecordKey::new(key.as_str()), revision: *revision, value: value.clone() }
}

impl Registry for Local {
    fn get(&self, key: &RecordKey) -> BoxFuture<'_, Result<Option<Record>, Error>> {
        let found = self.registry.state().records.get_key_value(key.as_str()).map(record);
        Box::pin(std::future::ready(Ok(found)))
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>> {
        let page = self.registry.page(prefix, after, limit);
        Box::pin(std::future::ready(Ok(page)))
    }

    fn put(&self, key: RecordKey, value: Bytes, expect: Expect) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(self.registry.make(vec![Change::Put(key, value, expect)]))
    }

    fn delete(&self, key: RecordKey, expect: Expect) -> BoxFuture<'_, Result<(), Error>> {
        self.change(vec![Change::Delete(key, expect)])
    }

    fn change(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.registry.make(changes).await.map(drop) })
    }

    fn watch(&self, prefix: &str) -> Box<dyn Watch> {
        let state = self.registry.state();
        Box::new(Watching {
            prefix: prefix.to_owned(),
            seen: state.change,
            changes: Arc::clone(&state.changes),
            changed: self.registry.changed.subscribe(),
            stopped: Box::pin(self.stopped()),
        })
    }
}

/// A watcher and the last change it has seen.
struct Watching {
    prefix: String,
    seen: u64,
    changes: Arc<Mutex<VecDeque<(u64, String)>>>,
    changed: watch::Receiver<u64>,
    stopped: BoxFuture<'static, ()>,
}

impl Watching {
    /// Whether a change since the last look concerns the prefix, or too many were missed to tell.
    fn look(&mut self) -> bool {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = changes.front().is_some_and(|(first, _)| *first > self.seen + 1);
        // The latest are the only new ones, and they are few.
        let mut new = changes.iter().rev().take_while(|(number, _)| *number > self.seen);
        let concerns = new.any(|(_, key)| key.starts_with(&self.prefix));
        self.seen = changes.back().map_or(self.seen, |(last, _)| self.seen.max(*last));
        missed || concerns
    }
}

impl Watch for Watching {
    fn changed(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            loop {
                if self.look() {
                    return true;
                }
                tokio::select! {
                    changed = self.changed.changed() => if changed.is_err() { return false },
                    () = &mut self.stopped => return false,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
