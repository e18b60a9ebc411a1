//! The files of the log, by the position of their first byte.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::format::{self, SEGMENT_HEAD};
use crate::{JournalError, Position};

/// One file.
#[derive(Debug)]
pub(super) struct Segment {
    /// The position of its first byte, its header's.
    pub(super) base: u64,
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl Segment {
    /// The file's name, for errors.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(super) fn length(&self) -> Result<u64, JournalError> {
        self.file
            .metadata()
            .map(|metadata| metadata.len())
            .map_err(|error| format::io("inspect", &self.path, &error))
    }
}

/// All files.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    files: RwLock<BTreeMap<u64, Arc<Segment>>>,
}

fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.log"))
}

impl Segments {
    /// Opens the files of a folder; an empty one gets its first.
    pub(super) fn open(folder: &Path) -> Result<Self, JournalError> {
        let segments = Self { folder: folder.to_path_buf(), files: RwLock::default() };
        let entries = std::fs::read_dir(folder).map_err(|error| format::io("read", folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| format::io("read", folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                // A segment whose making was interrupted: nothing was written to it.
                std::fs::remove_file(&path).map_err(|error| format::io("remove", &path, &error))?;
            } else if path.extension().is_some_and(|extension| extension == "log") {
                segments.open_one(&path)?;
            }
        }
        if segments.all().is_empty() {
            segments.create(0)?;
        }
        Ok(segments)
    }

    fn open_one(&self, path: &Path) -> Result<(), JournalError> {
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        let Some(base) = name else { return Ok(()) };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| format::io("open", path, &error))?;
        let mut head = [0; 16];
        file.read_exact_at(&mut head, 0).map_err(|error| format::io("read", path, &error))?;
        format::check_segment_head(&path.display().to_string(), &head, base)?;
        self.insert(Segment { base, file, path: path.to_path_buf() });
        Ok(())
    }

    fn insert(&self, segment: Segment) -> Arc<Segment> {
        let segment = Arc::new(segment);
        self.files.write().unwrap_or_else(PoisonError::into_inner).insert(segment.base, Arc::clone(&segment));
        segment
    }

    /// Makes a segment that begins at `base`: written whole under another name, synced, then named, so that no crash
    /// leaves half of one.
    pub(super) fn create(&self, base: u64) -> Result<Arc<Segment>, JournalError> {
        let path = path(&self.folder, base);
        let unfinished = path.with_extension("new");
        let make = || -> std::io::Result<File> {
            let file =
                OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&unfinished)?;
            file.write_all_at(&format::segment_head(base), 0)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)?;
            File::open(&self.folder)?.sync_all()?;
            Ok(file)
        };
        let file = make().map_err(|error| format::io("create", &path, &error))?;
        Ok(self.insert(Segment { base, file, path }))
    }

    /// The files in order.
    pub(super) fn all(&self) -> Vec<Arc<Segment>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The file that holds a position.
    pub(super) fn holding(&self, position: u64) -> Result<Arc<Segment>, JournalError> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let found = files.range(..=position).next_back().map(|(_, segment)| Arc::clone(segment));
        found.ok_or_else(|| JournalError::Io(format!("position {position} is trimmed")))
    }

    /// Reads bytes that lie within one file.
    pub(super) fn read(&self, position: u64, bytes: &mut [u8]) -> Result<(), JournalError> {
        let segment = self.holding(position)?;
        segment
            .file
            .read_exact_at(bytes, position - segment.base)
            .map_err(|error| format::io("read", &segment.path, &error))
    }

    /// Removes the last file: recovery found that nothing in it was ever durable.
    pub(super) fn remove_last(&self) -> Result<(), JournalError> {
        let last = self.files.write().unwrap_or_else(PoisonError::into_inner).pop_last();
        match last {
            Some((_, segment)) => std::fs::remove_file(&segment.path)
                .map_err(|error| format::io("remove", &segment.path, &error)),
            None => Ok(()),
        }
    }

    /// Removes files that hold nothing at or after `below`. The last one stays.
    pub(super) fn trim(&self, below: Position) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        while files.len() > 1 {
            let next = files.keys().nth(1).copied().unwrap_or(u64::MAX);
            if next + SEGMENT_HEAD > below.0 {
                break;
            }
            let Some((_, segment)) = files.pop_first() else { break };
            if let Err(error) = std::fs::remove_file(&segment.path) {
                tracing::warn!(path = %segment.path.display(), %error, "cannot remove a segment that is no longer needed");
            }
        }
    }
}
