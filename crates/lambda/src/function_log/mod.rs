//! What functions print, and what Lambda says about their invocations: a file for each function, a JSON line each.

mod page;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use page::page;

/// A file that has grown so far makes room for a new one; the one before is kept.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of one answer to a reader.
const READ_BYTES_MAX: u64 = 1 << 20;
/// A longer line is cut.
const LINE_BYTES_MAX: usize = 256 << 10;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When it was read.
    pub timestamp: Timestamp,
    /// The invocation it belongs to; absent during initialisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The text.
    pub message: String,
}

/// All logs.
pub struct FunctionLogs {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<String, File>>,
    written: watch::Sender<u64>,
}

impl FunctionLogs {
    /// Below a folder, which is created when the first line is written.
    pub fn new(folder: PathBuf, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { folder, clock, open: Mutex::default(), written: watch::Sender::new(0) })
    }

    fn path(&self, function: &str) -> PathBuf {
        self.folder.join(format!("{function}.log"))
    }

    /// Adds a line.
    pub(crate) fn write(&self, function: &str, request_id: Option<&str>, message: &str) {
        let mut end = message.len().min(LINE_BYTES_MAX);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let line = Line {
            timestamp: self.clock.now(),
            request_id: request_id.map(str::to_owned),
            message: message[..end].to_owned(),
        };
        let mut text = serde_json::to_string(&line).expect("a line is text and a number");
        text.push('\n');
        if let Err(error) = self.append(function, &text) {
            tracing::warn!(function, %error, "a line of a function's log is lost");
        }
        self.written.send_modify(|written| *written += 1);
    }

    fn append(&self, function: &str, text: &str) -> std::io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path(function);
        if let Some(file) = open.get_mut(function) {
            file.write_all(text.as_bytes())?;
            if file.metadata()?.len() > FILE_BYTES_MAX {
                std::fs::rename(&path, path.with_extension("log.1"))?;
                open.remove(function);
            }
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)?;
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(text.as_bytes())?;
        open.insert(function.to_owned(), file);
        Ok(())
    }

    /// Lines from an offset on, and the offset behind them. A file that is shorter than the offset is a new one and read
    /// from its start.
    pub fn read(&self, function: &str, from: u64) -> std::io::Result<(Vec<Line>, u64)> {
        if !is_name(function) {
            return Ok((Vec::new(), 0));
        }
        match File::open(self.path(function)) {
            Ok(file) => read_lines(file, from),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((Vec::new(), 0)),
            Err(error) => Err(error),
        }
    }

    /// The last `limit` lines, of the newest mebibyte.
    pub(crate) fn tail(&self, function: &str, limit: usize) -> std::io::Result<Vec<Line>> {
        let length = match is_name(function).then(|| std::fs::metadata(self.path(function))) {
            Some(Ok(metadata)) => metadata.len(),
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(Vec::new()),
        };
        // The first line of the stretch may be half a line: it does not parse and is left out.
        let (mut lines, _) = self.read(function, length.saturating_sub(READ_BYTES_MAX))?;
        Ok(lines.split_off(lines.len().saturating_sub(limit)))
    }

    /// Completes when a line has been written since this was called.
    pub(crate) fn grown(&self) -> impl Future<Output = ()> + use<> {
        let mut written = self.written.subscribe();
        async move {
            // An error means that the logs are gone.
            let _ = written.changed().await;
        }
    }
}

/// Function names hold nothing that could leave the folder.
fn is_name(function: &str) -> bool {
    Path::new(function).components().count() == 1
        && function.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn read_lines(mut file: File, from: u64) -> std::io::Result<(Vec<Line>, u64)> {
    let length = file.metadata()?.len();
    let from = if from > length { 0 } else { from };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(READ_BYTES_MAX).read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let lines =
        bytes[..end].split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    Ok((lines.collect(), from + end as u64))
}

#[cfg(test)]
mod tests {
    use testkit::SimulatedClock;

    use super::*;

    #[test]
    fn lines_come_back_from_where_the_reader_was() {
        let folder = tempfile::tempdir().unwrap();
        let logs = FunctionLogs::new(folder.path().join("logs"), Arc::new(SimulatedClock::default()));
        assert_eq!(logs.read("f", 0).unwrap(), (Vec::new(), 0));
        logs.write("f", Some("id"), "one");
        let (first, next) = logs.read("f", 0).unwrap();
        assert_eq!((first[0].message.as_str(), first[0].request_id.as_deref()), ("one", Some("id")));
        logs.write("f", None, "two");
        logs.write("g", None, "elsewhere");
        let (second, _) = logs.read("f", next).unwrap();
        assert_eq!(second.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["two"]);
        assert_eq!(logs.read("../x", 0).unwrap(), (Vec::new(), 0), "no way out of the folder");
    }
}
