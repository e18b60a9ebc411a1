//! The store as the engine holds it: hops in, hops out, and the thread that writes them down.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use engine::{
    Clock, EngineError, Error, Flow, Followed, HistoryFigures, Hop, HopKey, KeptHop, Timestamp, TraceId,
    WordPath,
};
use tokio::sync::watch;

use crate::limits::{GATHER, Limits};
use crate::marks;
use crate::pending::Pending;
use crate::places::Places;
use crate::segments::Segments;
use crate::thinning::Thinning;
use crate::writer::Writer;

/// The hops of the last hours.
pub struct Store {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    pending: Pending,
    thinning: Thinning,
    writer: Mutex<Writer>,
    places: RwLock<Places>,
    /// What was told of places is not written down yet.
    told: AtomicBool,
    folder: PathBuf,
    grown: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    stop: AtomicBool,
}

impl Store {
    /// Opens the history in a folder of its own and starts its thread.
    pub fn open(folder: &Path, limits: Limits, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let places = Places::open(folder, limits.words.clone());
        let mut segments = Segments::open(folder, limits, &places)?;
        segments.retire(clock.now())?;
        let now = clock.now();
        let shared = Arc::new(Shared {
            pending: Pending::default(),
            thinning: Thinning::default(),
            writer: Mutex::new(Writer::new(segments, now)),
            places: RwLock::new(places),
            told: AtomicBool::new(false),
            folder: folder.to_path_buf(),
            grown: watch::Sender::new(0),
            clock,
            stop: AtomicBool::new(false),
        });
        let works = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(move || works.run())?;
        shared.pending.written_by(thread.thread().clone());
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Whether hops of a trace are kept.
    pub fn keeps(&self, trace: TraceId) -> bool {
        self.shared.thinning.keeps(trace)
    }

    /// Puts a hop where it is written from; one that does not say when it began begins now.
    pub fn record(&self, mut hop: Hop) {
        if hop.at == Timestamp(0) {
            hop.at = self.shared.clock.now();
        }
        self.shared.pending.push(hop);
    }

    /// Hops of a key before a position, newest first; everything recorded before is seen.
    pub fn find(&self, key: &HopKey, before: u64, limit: usize) -> Result<Vec<KeptHop>, Error> {
        let writer = self.shared.written()?;
        writer.segments.find(key, before, limit).map_err(|error| failed(&error))
    }

    /// A hop with payload and answer.
    pub fn hop(&self, position: u64) -> Result<Option<KeptHop>, Error> {
        let writer = self.shared.written()?;
        writer.segments.hop(position).map_err(|error| failed(&error))
    }

    /// Where the oldest hop of a trace lies that one of the keys finds.
    pub fn oldest(&self, trace: TraceId, keys: &[HopKey]) -> Result<Option<u64>, Error> {
        let writer = self.shared.written()?;
        writer.segments.oldest(trace, keys).map_err(|error| failed(&error))
    }

    /// Hops from a position on, and where to go on; from the present end without one.
    pub fn follow(&self, after: Option<u64>, limit: usize) -> Result<Followed, Error> {
        let writer = self.shared.written()?;
        match after {
            Some(after) => writer.segments.follow(after, limit).map_err(|error| failed(&error)),
            None => Ok(Followed { next: writer.segments.end(), ..Followed::default() }),
        }
    }

    /// Keeps how far a follower has come.
    pub fn mark(&self, follower: &str, position: u64) -> Result<(), Error> {
        marks::write(&self.shared.folder, follower, position).map_err(|error| failed(&error))
    }

    /// How far a follower had come. What lay behind may have gone with a crash of the machine: then it is at the end.
    pub fn marked(&self, follower: &str) -> Result<Option<u64>, Error> {
        let marked = marks::read(&self.shared.folder, follower).map_err(|error| failed(&error))?;
        let end = self.shared.written()?.segments.end();
        Ok(marked.map(|position| position.min(end)))
    }

    /// Completes when hops were written since this was called.
    pub fn grown(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut grown = self.shared.grown.subscribe();
        async move {
            // An error means that the store is gone; nobody waits for more then.
            let _ = grown.changed().await;
        }
    }

    /// Looks for further words in messages of a resource from now on.
    pub fn find_words_at(&self, resource: &str, paths: Vec<WordPath>) {
        let shared = &self.shared;
        if shared.places.read().unwrap_or_else(PoisonError::into_inner).knows(resource, &paths) {
            return;
        }
        shared.places.write().unwrap_or_else(PoisonError::into_inner).tell(resource, paths);
        shared.told.store(true, Ordering::SeqCst);
        shared.pending.wake();
    }

    /// What brought what about in the last minutes, the most first.
    pub fn flows(&self, limit: usize) -> Result<Vec<Flow>, Error> {
        let writer = self.shared.written()?;
        Ok(writer.flows.recent(self.shared.clock.now(), limit))
    }

    /// How much there is.
    pub fn figures(&self) -> HistoryFigures {
        let shared = &self.shared;
        let writer = shared.writer();
        HistoryFigures {
            recorded: writer.recorded,
            dropped: shared.pending.dropped.load(Ordering::Relaxed),
            one_of: shared.thinning.one_of(),
            bytes: writer.segments.bytes(),
        }
    }

    /// Writes what is left and ends the thread.
    pub fn close(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.pending.wake();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the thread of the history ended by a panic");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer, once it has written everything that was recorded.
    fn written(&self) -> Result<MutexGuard<'_, Writer>, Error> {
        let mut writer = self.writer();
        self.drain(&mut writer, &mut Vec::new()).map_err(|error| failed(&error))?;
        Ok(writer)
    }

    fn drain(&self, writer: &mut Writer, hops: &mut Vec<Hop>) -> io::Result<()> {
        self.pending.swap(hops);
        if hops.is_empty() {
            return Ok(());
        }
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write(hops, &places, &self.thinning, self.clock.now());
        self.grown.send_modify(|grown| *grown += 1);
        written
    }

    fn write_places(&self) {
        if !self.told.swap(false, Ordering::SeqCst) {
            return;
        }
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = places.write(&self.folder) {
            tracing::warn!(%error, "where messages have their keys could not be written down");
        }
    }

    fn run(&self) {
        let mut hops = Vec::new();
        let mut failing = false;
        while !self.stop.load(Ordering::SeqCst) {
            self.pending.sleep();
            // What comes within so long is written together: each by itself would cost a wake-up.
            std::thread::sleep(GATHER);
            let written = self.drain(&mut self.writer(), &mut hops);
            if let Err(error) = &written
                && !failing
            {
                tracing::warn!(%error, "hops cannot be written and are dropped; messages are not affected");
            }
            failing = written.is_err();
            hops.clear();
            self.write_places();
        }
        self.write_places();
        if let Err(error) = self.drain(&mut self.writer(), &mut hops) {
            tracing::warn!(%error, "the last hops could not be written");
        }
    }
}

fn failed(error: &io::Error) -> Error {
    EngineError::Io(format!("history: {error}")).into()
}
