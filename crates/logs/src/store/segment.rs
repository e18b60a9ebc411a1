//! One file of a group's events, and what is known of it without reading it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::Event;

/// A line that says where an event lies is kept for every so many bytes.
const MARK_BYTES: u64 = 64 << 10;

/// A line of a segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Event(Event),
    /// The stream was deleted: its events before this line are gone.
    Deleted {
        #[serde(rename = "n")]
        sequence: u64,
        #[serde(rename = "deleted")]
        stream: Arc<str>,
    },
}

/// What is known of a segment.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) last_sequence: u64,
    /// Of its events, milliseconds; the other way round while there are none.
    pub(super) earliest: u64,
    pub(super) latest: u64,
    /// Some of its events and where they begin.
    marks: Vec<(u64, u64)>,
}

impl Segment {
    pub(super) fn new(folder: &Path, first_sequence: u64) -> Self {
        let path = folder.join(format!("{first_sequence:020}.jsonl"));
        Self {
            path,
            bytes: 0,
            last_sequence: first_sequence,
            earliest: u64::MAX,
            latest: 0,
            marks: Vec::new(),
        }
    }

    /// Notes a line that lies at the end.
    pub(super) fn note(&mut self, line: &Line, length: u64) {
        let sequence = match line {
            Line::Event(event) => {
                self.earliest = self.earliest.min(event.timestamp);
                self.latest = self.latest.max(event.timestamp);
                event.sequence
            }
            Line::Deleted { sequence, .. } => *sequence,
        };
        if self.marks.last().is_none_or(|(_, at)| self.bytes >= at + MARK_BYTES) {
            self.marks.push((sequence, self.bytes));
        }
        self.last_sequence = sequence;
        self.bytes += length;
    }

    /// Writes lines to the end.
    pub(super) fn append(&mut self, lines: &[Line], sync: bool) -> std::io::Result<()> {
        let mut text = Vec::new();
        let mut lengths = Vec::with_capacity(lines.len());
        for line in lines {
            let before = text.len();
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
            lengths.push((text.len() - before) as u64);
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(&text)?;
        if sync {
            file.sync_data()?;
        }
        for (line, length) in lines.iter().zip(lengths) {
            self.note(line, length);
        }
        Ok(())
    }

    /// Every line from the one with this number on, or a little before it.
    pub(super) fn read(&self, from_sequence: u64, mut each: impl FnMut(Line)) -> std::io::Result<()> {
        let known = self.marks.partition_point(|(sequence, _)| *sequence <= from_sequence);
        let start = known.checked_sub(1).and_then(|index| self.marks.get(index)).map_or(0, |(_, at)| *at);
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            // Its retention has passed meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(start))?;
        lines(file.take(self.bytes.saturating_sub(start)), |line, _| each(line))
    }

    /// Learns of a segment by reading it. A torn last line is cut off: it was never acknowledged.
    pub(super) fn open(path: &Path, mut each: impl FnMut(&Line)) -> std::io::Result<Self> {
        let first = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).unwrap_or_default();
        let mut segment =
            Self { path: path.to_path_buf(), ..Self::new(path.parent().unwrap_or(Path::new("")), first) };
        lines(File::open(path)?, |line, length| {
            each(&line);
            segment.note(&line, length);
        })?;
        let file = OpenOptions::new().write(true).open(path)?;
        if file.metadata()?.len() > segment.bytes {
            file.set_len(segment.bytes)?;
        }
        Ok(segment)
    }
}

/// Whole lines, up to the first that is not one.
fn lines(source: impl std::io::Read, mut each: impl FnMut(Line, u64)) -> std::io::Result<()> {
    let mut reader = BufReader::with_capacity(64 << 10, source);
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text)?;
        if length == 0 || text.last() != Some(&b'\n') {
            return Ok(());
        }
        match serde_json::from_slice(&text) {
            Ok(line) => each(line, length as u64),
            Err(_) => return Ok(()),
        }
    }
}
