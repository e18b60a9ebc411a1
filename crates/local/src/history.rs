//! The history half of the engine: a store beside the partitions, or none.

use std::sync::Arc;

use ::history::Store;
use engine::{
    EngineError, Error, Flow, Followed, History, HistoryFigures, Hop, HopKey, HopKind, HopOutcome, KeptHop,
    Link, MessageId, QueueKey, SpanId, Timestamp, TraceId, WordPath,
};
use futures_util::future::BoxFuture;

use crate::{Durability, Local, OpenError, Settings};

/// Opens the history where hops are to be kept. Without durability it begins anew.
pub(crate) fn open(
    settings: &Settings,
    clock: Arc<dyn engine::Clock>,
) -> Result<Option<Arc<Store>>, OpenError> {
    let Some(limits) = settings.history.clone() else { return Ok(None) };
    let folder = settings.folder.join("history");
    let opened = || {
        if settings.durability == Durability::Memory && folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        Store::open(&folder, limits, clock)
    };
    let opened = opened();
    opened
        .map(|store| Some(Arc::new(store)))
        .map_err(|error| OpenError::Unusable { folder: folder.clone(), reason: error.to_string() })
}

impl Local {
    /// Asks the store on a thread that may wait for the disk.
    async fn ask<T: Default + Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(store) = self.history.clone() else { return Ok(T::default()) };
        let asked = tokio::task::spawn_blocking(move || question(&store)).await;
        asked.unwrap_or_else(|error| Err(EngineError::Io(error.to_string()).into()))
    }
}

impl Local {
    /// Messages went from a queue to its dead-letter queue.
    pub(crate) fn tell_moved(&self, from: &QueueKey, moved: &[(MessageId, QueueKey)]) {
        for (id, to) in moved {
            let link = Link { trace: TraceId(0), span: SpanId::of(id.0.rotate_left(1)) };
            let hop = Hop::new(HopKind::DeadLetter, link, SpanId::of(id.0), Timestamp(0), to.shared());
            self.record(Hop { id: id.0, outcome: HopOutcome::Failed, ..hop }.noting("from", from.as_str()));
        }
    }
}

impl Local {
    /// Messages went from a dead-letter queue to another one, each as a new message.
    pub(crate) fn tell_redriven(&self, from: &QueueKey, moved: &[(MessageId, MessageId, QueueKey)]) {
        for (old, new, to) in moved {
            let link = Link { trace: TraceId(0), span: SpanId::of(new.0) };
            let parent = SpanId::of(old.0.rotate_left(1));
            let hop = Hop { id: new.0, ..Hop::new(HopKind::Send, link, parent, Timestamp(0), to.shared()) };
            self.record(
                hop.noting(engine::MOVED_FROM, format!("{:032x}", old.0)).noting("from", from.as_str()),
            );
        }
    }
}

impl History for Local {
    fn keeps(&self, trace: TraceId) -> bool {
        self.history.as_ref().is_some_and(|store| store.keeps(trace))
    }

    fn record(&self, hop: Hop) {
        if let Some(store) = &self.history {
            store.record(hop);
        }
    }

    fn find(
        &self,
        key: HopKey,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<KeptHop>, Error>> {
        Box::pin(self.ask(move |store| store.find(&key, before.unwrap_or(u64::MAX), limit)))
    }

    fn hop(&self, position: u64) -> BoxFuture<'_, Result<Option<KeptHop>, Error>> {
        Box::pin(self.ask(move |store| store.hop(position)))
    }

    fn oldest(&self, trace: TraceId, keys: Vec<HopKey>) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(self.ask(move |store| store.oldest(trace, &keys)))
    }

    fn follow(&self, after: Option<u64>, limit: usize) -> BoxFuture<'_, Result<Followed, Error>> {
        Box::pin(self.ask(move |store| store.follow(after, limit)))
    }

    fn mark(&self, follower: &'static str, position: u64) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.ask(move |store| store.mark(follower, position)))
    }

    fn marked(&self, follower: &'static str) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(self.ask(move |store| store.marked(follower)))
    }

    fn grown(&self) -> BoxFuture<'static, ()> {
        match &self.history {
            Some(store) => Box::pin(store.grown()),
            None => Box::pin(std::future::pending()),
        }
    }

    fn find_words_at(&self, resource: &str, paths: Vec<WordPath>) {
        if let Some(store) = &self.history {
            store.find_words_at(resource, paths);
        }
    }

    fn flows(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Flow>, Error>> {
        Box::pin(self.ask(move |store| store.flows(limit)))
    }

    fn figures(&self) -> HistoryFigures {
        self.history.as_ref().map(|store| store.figures()).unwrap_or_default()
    }
}
