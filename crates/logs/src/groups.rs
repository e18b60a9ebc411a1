//! Log groups: found, made, changed, deleted; each with its log.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::{Engine, Error, Expect, Refusal, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::limits::{DAY_MS, REGISTRY_PAGE};
use crate::names::GroupKey;
use crate::records::{self, GroupRecord, StreamRecord};
use crate::store::{Append, GroupLog, Page, Selection, StreamFacts};

/// Why a group could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// The group was deleted meanwhile.
    #[error("the log group is gone")]
    Gone,
    #[error("a log on the disk: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Engine(#[from] Error),
    #[error("{0}")]
    Panicked(#[from] tokio::task::JoinError),
}

impl From<LogError> for service::ServiceError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Gone => crate::errors::no_such_group(),
            other => Self::internal(other.to_string()),
        }
    }
}

/// A log group with its log.
pub(crate) struct Group {
    record: Mutex<Arc<GroupRecord>>,
    folder: PathBuf,
    log: Mutex<Log>,
    waiting: Mutex<Waiting>,
    grown: watch::Sender<u64>,
}

/// Events that are not written yet.
#[derive(Default)]
struct Waiting {
    appends: Vec<(Append, OwnedSemaphorePermit)>,
    /// The group was deleted: nothing is added any more.
    gone: bool,
}

/// A log is read from the disk when it is first needed.
enum Log {
    Closed,
    Open(GroupLog),
    Gone,
}

impl Group {
    fn new(record: GroupRecord, folder: &std::path::Path) -> Arc<Self> {
        let folder = folder.join(record.folder());
        let record = Mutex::new(Arc::new(record));
        Arc::new(Self {
            record,
            folder,
            log: Mutex::new(Log::Closed),
            waiting: Mutex::default(),
            grown: watch::Sender::new(0),
        })
    }

    pub(crate) fn record(&self) -> Arc<GroupRecord> {
        Arc::clone(&self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something with the log, where blocking is allowed. What waits to be written is written before.
    async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        task: impl FnOnce(&mut GroupLog) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, LogError> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let mut log = this.log();
            if matches!(*log, Log::Closed) {
                *log = Log::Open(GroupLog::open(this.folder.clone())?);
            }
            let Log::Open(open) = &mut *log else { return Err(LogError::Gone) };
            let waiting = std::mem::take(&mut this.waiting().appends);
            if !waiting.is_empty() {
                let (appends, _room): (Vec<Append>, Vec<OwnedSemaphorePermit>) = waiting.into_iter().unzip();
                let count: usize = appends.iter().map(|append| append.events.len()).sum();
                match open.append(appends, false) {
                    Ok(()) => drop(this.grown.send_replace(open.next_sequence())),
                    Err(error) => {
                        tracing::warn!(group = this.record().name, count, %error, "lines of a log are lost");
                    }
                }
            }
            Ok(task(open)?)
        })
        .await?
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds events to a stream. With `sync` they are on the disk when it answers.
    pub(crate) async fn append(self: &Arc<Self>, append: Append, sync: bool) -> Result<(), LogError> {
        let next = self.with(move |log| log.append(vec![append], sync).map(|()| log.next_sequence())).await?;
        self.grown.send_replace(next);
        Ok(())
    }

    /// Adds events that are written a moment later, with all that come until then; whoever reads sees them at once.
    /// They take their room until they are written. Gives them back if the group is gone.
    pub(crate) fn append_soon(
        self: &Arc<Self>,
        append: Append,
        room: OwnedSemaphorePermit,
        delay: Duration,
    ) -> Result<(), Append> {
        let mut waiting = self.waiting();
        if waiting.gone {
            return Err(append);
        }
        waiting.appends.push((append, room));
        if waiting.appends.len() == 1 {
            tokio::spawn(Arc::clone(self).write_after(delay));
        }
        Ok(())
    }

    async fn write_after(self: Arc<Self>, delay: Duration) {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        self.write_what_waits().await;
    }

    async fn write_what_waits(self: &Arc<Self>) {
        match self.with(|_| Ok(())).await {
            Ok(()) | Err(LogError::Gone) => {}
            Err(error) => tracing::warn!(group = self.record().name, %error, "lines wait to be written"),
        }
    }

    /// What is asked for, as far as its retention has not passed.
    pub(crate) async fn select(
        self: &Arc<Self>,
        mut selection: Selection,
        now: Timestamp,
    ) -> Result<Page, LogError> {
        selection.from = selection.from.max(self.expired_before(now));
        let snapshot = self.with(|log| Ok(log.snapshot())).await?;
        Ok(tokio::task::spawn_blocking(move || snapshot.select(&selection)).await??)
    }

    /// Events that came since a number was the next one; of more than `limit` the newest. And the next number.
    pub(crate) async fn since(
        self: &Arc<Self>,
        sequence: u64,
        limit: usize,
    ) -> Result<(Page, u64), LogError> {
        let (snapshot, next) = self.with(|log| Ok((log.snapshot(), log.next_sequence()))).await?;
        let page = tokio::task::spawn_blocking(move || snapshot.since(sequence, limit)).await??;
        Ok((page, next))
    }

    /// The number that the next event gets.
    pub(crate) async fn next_sequence(self: &Arc<Self>) -> Result<u64, LogError> {
        self.with(|log| Ok(log.next_sequence())).await
    }

    /// Tells when events are added.
    pub(crate) fn growth(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// Its streams that have events, and its bytes.
    pub(crate) async fn streams(self: &Arc<Self>) -> Result<(Vec<(Arc<str>, StreamFacts)>, u64), LogError> {
        self.with(|log| {
            let streams = log.streams().iter().map(|(name, facts)| (Arc::clone(name), *facts)).collect();
            Ok((streams, log.bytes()))
        })
        .await
    }

    /// Whether a stream has events.
    pub(crate) async fn has_stream(self: &Arc<Self>, stream: &str) -> Result<bool, LogError> {
        let stream = stream.to_owned();
        self.with(move |log| Ok(log.streams().contains_key(stream.as_str()))).await
    }

    pub(crate) async fn delete_stream(self: &Arc<Self>, stream: &str) -> Result<(), LogError> {
        let stream = stream.to_owned();
        self.with(move |log| log.delete_stream(&stream)).await
    }

    /// Events before this moment are no longer shown.
    fn expired_before(&self, now: Timestamp) -> u64 {
        let days = self.record().retention_days;
        days.map_or(0, |days| now.0.saturating_sub(u64::from(days) * DAY_MS))
    }

    /// Lets go of what its retention has passed.
    pub(crate) async fn expire(self: &Arc<Self>, now: Timestamp) -> Result<(), LogError> {
        match self.expired_before(now) {
            0 => Ok(()),
            moment => self.with(move |log| log.expire(moment)).await,
        }
    }

    async fn remove(self: &Arc<Self>) -> Result<(), LogError> {
        *self.waiting() = Waiting { appends: Vec::new(), gone: true };
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let mut log = this.log();
            if matches!(*log, Log::Closed) {
                *log = Log::Open(GroupLog::open(this.folder.clone())?);
            }
            match std::mem::replace(&mut *log, Log::Gone) {
                Log::Open(mut open) => open.remove(),
                _ => Ok(()),
            }
        })
        .await??;
        self.grown.send_modify(|next| *next += 1);
        Ok(())
    }
}

/// All groups.
pub(crate) struct Groups {
    engine: Arc<dyn Engine>,
    folder: PathBuf,
    known: Mutex<HashMap<GroupKey, Arc<Group>>>,
    /// One change of a group's record at a time.
    changing: tokio::sync::Mutex<()>,
}

impl Groups {
    pub(crate) fn new(engine: Arc<dyn Engine>, folder: PathBuf) -> Self {
        Self { engine, folder, known: Mutex::default(), changing: tokio::sync::Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<GroupKey, Arc<Group>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The group, if there is one.
    pub(crate) async fn find(&self, key: &GroupKey) -> Result<Option<Arc<Group>>, Error> {
        if let Some(known) = self.known().get(key) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(record) = self.engine.get(&records::group_key(key)).await? else { return Ok(None) };
        Ok(Some(self.remember(records::decode(&record)?)))
    }

    fn remember(&self, record: GroupRecord) -> Arc<Group> {
        let mut known = self.known();
        let group = known.entry(record.key()).or_insert_with(|| Group::new(record, &self.folder));
        Arc::clone(group)
    }

    /// Makes a group; `None` if there is one of that name.
    pub(crate) async fn create(&self, record: GroupRecord) -> Result<Option<Arc<Group>>, Error> {
        let _alone = self.changing.lock().await;
        let key = records::group_key(&record.key());
        match self.engine.put(key, records::encode(&record), Expect::Absent).await {
            Ok(_) => Ok(Some(self.remember(record))),
            Err(Error::Refused(Refusal::RecordChanged(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes a group's record.
    pub(crate) async fn change(
        &self,
        group: &Group,
        change: impl FnOnce(&mut GroupRecord) -> Result<(), service::ServiceError>,
    ) -> Result<(), service::ServiceError> {
        let _alone = self.changing.lock().await;
        let mut record = (*group.record()).clone();
        change(&mut record)?;
        self.engine
            .put(records::group_key(&record.key()), records::encode(&record), Expect::Anything)
            .await?;
        *group.record.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(record);
        Ok(())
    }

    /// Writes what came last, at the end of the program.
    pub(crate) async fn write_what_waits(&self) {
        let known: Vec<Arc<Group>> = self.known().values().cloned().collect();
        for group in known.iter().filter(|group| !group.waiting().appends.is_empty()) {
            group.write_what_waits().await;
        }
    }

    /// Deletes a group and all that is in it.
    pub(crate) async fn delete(&self, key: &GroupKey, group: &Arc<Group>) -> Result<(), LogError> {
        let _alone = self.changing.lock().await;
        let record = group.record();
        self.engine.delete(records::group_key(key), Expect::Anything).await?;
        self.known().remove(key);
        for stream in self.made_streams(&record).await? {
            self.engine.delete(records::stream_key(&record, &stream.name), Expect::Anything).await?;
        }
        group.remove().await
    }

    /// The records of streams that were made by a call.
    pub(crate) async fn made_streams(&self, group: &GroupRecord) -> Result<Vec<StreamRecord>, Error> {
        self.list(&records::streams_of(group)).await
    }

    /// The records of groups whose keys begin so.
    pub(crate) async fn records(&self, prefix: &str) -> Result<Vec<GroupRecord>, Error> {
        self.list(prefix).await
    }

    /// A group of a record that was just read.
    pub(crate) fn of_record(&self, record: GroupRecord) -> Arc<Group> {
        self.remember(record)
    }

    async fn list<T: serde::de::DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.engine.list(prefix, after.as_deref(), REGISTRY_PAGE).await?;
            for record in &page {
                found.push(records::decode(record)?);
            }
            match page.last() {
                Some(last) if page.len() == REGISTRY_PAGE => after = Some(last.key.as_str().to_owned()),
                _ => return Ok(found),
            }
        }
    }

    /// Lets go of what retentions have passed, and of folders whose group is gone.
    pub(crate) async fn sweep(&self, now: Timestamp) -> Result<(), LogError> {
        // Folders before records: a group that is made meanwhile has no folder among these.
        let folders = self.folders().await?;
        let mut alive = std::collections::HashSet::new();
        for record in self.records(records::GROUPS).await? {
            alive.insert(record.folder());
            if record.retention_days.is_some() {
                self.of_record(record).expire(now).await?;
            }
        }
        for folder in folders.into_iter().filter(|folder| !alive.contains(folder)) {
            let path = self.folder.join(&folder);
            tracing::info!(folder, "removing what a deleted log group has left");
            tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path)).await??;
        }
        Ok(())
    }

    async fn folders(&self) -> Result<Vec<String>, LogError> {
        let folder = self.folder.clone();
        let names = tokio::task::spawn_blocking(move || -> std::io::Result<Vec<String>> {
            let entries = match std::fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            let mut names = Vec::new();
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    names.extend(entry.file_name().into_string());
                }
            }
            Ok(names)
        });
        Ok(names.await??)
    }
}
