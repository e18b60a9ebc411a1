//! The log of one group: written at its end, trimmed at its beginning.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::event::{Append, Event};
use super::segment::{Line, Segment};
use super::selection::Snapshot;
use crate::limits::{GROUP_BYTES_MAX, SEGMENT_BYTES_MAX};

/// What is known of a stream from its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamFacts {
    pub(crate) created: u64,
    pub(crate) first_event: u64,
    pub(crate) last_event: u64,
    pub(crate) last_ingestion: u64,
    pub(crate) bytes: u64,
    last_sequence: u64,
}

/// A group's log.
pub(crate) struct GroupLog {
    folder: PathBuf,
    segments: Vec<Segment>,
    next_sequence: u64,
    streams: BTreeMap<Arc<str>, StreamFacts>,
    deleted: HashMap<Arc<str>, u64>,
}

impl GroupLog {
    /// Reads what is there; the folder is made when the first event comes. Blocks.
    pub(crate) fn open(folder: PathBuf) -> std::io::Result<Self> {
        let mut log = Self {
            folder,
            segments: Vec::new(),
            next_sequence: 1,
            streams: BTreeMap::new(),
            deleted: HashMap::new(),
        };
        for path in segment_files(&log.folder)? {
            let segment = Segment::open(&path, |line| log.note(line))?;
            log.segments.push(segment);
        }
        Ok(log)
    }

    /// Adds events, numbered as they come.
    pub(crate) fn append(&mut self, appends: Vec<Append>, sync: bool) -> std::io::Result<()> {
        let events = appends.into_iter().flat_map(|Append { stream, events, now }| {
            events.into_iter().map(move |event| (Arc::clone(&stream), event, now))
        });
        let lines: Vec<Line> = (self.next_sequence..)
            .zip(events)
            .map(|(sequence, (stream, event, now))| {
                Line::Event(Event {
                    sequence,
                    timestamp: event.timestamp,
                    ingestion_time: now,
                    stream,
                    request_id: event.request_id,
                    message: event.message,
                })
            })
            .collect();
        self.write(&lines, sync)
    }

    /// Forgets a stream's events.
    pub(crate) fn delete_stream(&mut self, stream: &str) -> std::io::Result<()> {
        if !self.streams.contains_key(stream) {
            return Ok(());
        }
        self.write(&[Line::Deleted { sequence: self.next_sequence, stream: stream.into() }], true)
    }

    fn write(&mut self, lines: &[Line], sync: bool) -> std::io::Result<()> {
        if self.segments.last().is_none_or(|segment| segment.bytes >= SEGMENT_BYTES_MAX) {
            std::fs::create_dir_all(&self.folder)?;
            self.segments.push(Segment::new(&self.folder, self.next_sequence));
            self.trim_to(GROUP_BYTES_MAX)?;
        }
        let Some(segment) = self.segments.last_mut() else { return Ok(()) };
        segment.append(lines, sync)?;
        for line in lines {
            self.note(line);
        }
        Ok(())
    }

    fn note(&mut self, line: &Line) {
        let sequence = match line {
            Line::Event(event) => {
                let facts = self.streams.entry(Arc::clone(&event.stream)).or_insert(StreamFacts {
                    created: event.ingestion_time,
                    first_event: event.timestamp,
                    last_event: event.timestamp,
                    last_ingestion: event.ingestion_time,
                    bytes: 0,
                    last_sequence: event.sequence,
                });
                facts.first_event = facts.first_event.min(event.timestamp);
                facts.last_event = facts.last_event.max(event.timestamp);
                facts.last_ingestion = event.ingestion_time;
                facts.last_sequence = event.sequence;
                facts.bytes += event.message.len() as u64;
                event.sequence
            }
            Line::Deleted { sequence, stream } => {
                self.streams.remove(stream);
                self.deleted.insert(Arc::clone(stream), *sequence);
                *sequence
            }
        };
        self.next_sequence = sequence + 1;
    }

    fn trim_to(&mut self, bytes_max: u64) -> std::io::Result<()> {
        while self.segments.len() > 1 && self.bytes() > bytes_max {
            self.drop_first()?;
        }
        Ok(())
    }

    /// Lets go of segments all of whose events happened before `moment`.
    pub(crate) fn expire(&mut self, moment: u64) -> std::io::Result<()> {
        while self.segments.first().is_some_and(|first| first.bytes > 0 && first.latest < moment) {
            self.drop_first()?;
        }
        Ok(())
    }

    fn drop_first(&mut self) -> std::io::Result<()> {
        let first = self.segments.remove(0);
        match std::fs::remove_file(&first.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.streams.retain(|_, facts| facts.last_sequence > first.last_sequence);
        self.deleted.retain(|_, below| *below > first.last_sequence);
        // Numbers go on even if nothing is left: the next file's name keeps them.
        if self.segments.is_empty() {
            self.segments.push(Segment::new(&self.folder, self.next_sequence));
        }
        Ok(())
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The streams that have events.
    pub(crate) fn streams(&self) -> &BTreeMap<Arc<str>, StreamFacts> {
        &self.streams
    }

    /// The number that the next event gets.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// To read from.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { segments: self.segments.clone(), deleted: self.deleted.clone() }
    }

    /// Removes everything.
    pub(crate) fn remove(&mut self) -> std::io::Result<()> {
        self.segments.clear();
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The segments of a folder, oldest first.
fn segment_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
