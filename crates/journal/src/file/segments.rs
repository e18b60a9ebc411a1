//! The files of the log, by the position of their first byte. There may be holes: a file that holds nothing that is
//! needed goes, whatever stands before and behind it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::format::{self, Head};
use crate::disk::{Disk, DiskFile};
use crate::{JournalError, Position};

/// Bytes before a record's own.
const HEAD_BYTES: usize = 24;

/// One file.
pub(super) struct Segment {
    /// The position of its first byte, its header's.
    pub(super) base: u64,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) path: PathBuf,
}

impl Segment {
    /// The file's name, for errors.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(super) fn length(&self) -> Result<u64, JournalError> {
        self.file.length().map_err(|error| format::io("inspect", &self.path, &error))
    }

    fn read(&self, position: u64, bytes: &mut [u8]) -> Result<(), JournalError> {
        self.file.read_exact_at(bytes, position - self.base).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.corrupt(position, "cut short"),
            _ => format::io("read", &self.path, &error),
        })
    }

    pub(super) fn corrupt(&self, position: u64, reason: &str) -> JournalError {
        JournalError::Corrupt {
            segment: self.name(),
            offset: position - self.base,
            reason: reason.to_owned(),
        }
    }
}

/// All files.
pub(super) struct Segments {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    files: RwLock<BTreeMap<u64, Arc<Segment>>>,
    /// A file full of zeros, not yet part of the log.
    spare: Mutex<Option<Arc<dyn DiskFile>>>,
}

fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.log"))
}

impl Segments {
    /// Opens the files of a folder; an empty one gets its first.
    pub(super) fn open(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, JournalError> {
        for path in disk.list(folder).map_err(|error| format::io("read", folder, &error))? {
            if path.extension().is_some_and(|extension| extension == "new") {
                // A file whose making was interrupted: nothing was written to it.
                disk.remove(&path).map_err(|error| format::io("remove", &path, &error))?;
            }
        }
        let segments = Self::open_to_read(disk, folder)?;
        if segments.all().is_empty() {
            segments.create(0)?;
        }
        Ok(segments)
    }

    /// Opens the files of a folder and changes nothing.
    pub(super) fn open_to_read(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, JournalError> {
        let paths = disk.list(folder).map_err(|error| format::io("read", folder, &error))?;
        let segments =
            Self { disk, folder: folder.to_path_buf(), files: RwLock::default(), spare: Mutex::default() };
        for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
            segments.open_one(path)?;
        }
        Ok(segments)
    }

    fn open_one(&self, path: &Path) -> Result<(), JournalError> {
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        let Some(base) = name else { return Ok(()) };
        let file = self.disk.open(path).map_err(|error| format::io("open", path, &error))?;
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

    fn spare_path(&self) -> PathBuf {
        self.folder.join("spare.new")
    }

    /// Makes a file full of zeros: overwriting them later takes half as long to sync as lengthening a file.
    pub(super) fn prepare(&self, bytes: u64) -> Result<(), JournalError> {
        const PIECE: usize = 1 << 20;
        if self.spare.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let path = self.spare_path();
        let make = || -> io::Result<Arc<dyn DiskFile>> {
            let file = self.disk.create(&path)?;
            let zeros = vec![0; PIECE];
            for offset in (0..bytes).step_by(PIECE) {
                file.write_all_at(&zeros, offset)?;
            }
            file.sync()?;
            Ok(file)
        };
        let file = make().map_err(|error| format::io("prepare", &path, &error))?;
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Makes the file that begins at `base`: written whole under another name, synced, then named, so that no crash
    /// leaves half of one. Takes the spare one, if there is one.
    pub(super) fn create(&self, base: u64) -> Result<Arc<Segment>, JournalError> {
        let path = path(&self.folder, base);
        // Held until the file has its name: whoever prepares the next spare one meanwhile would open this one again and
        // write zeros over what comes into it.
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut make = || -> io::Result<Arc<dyn DiskFile>> {
            let (file, unfinished) = match spare.take() {
                Some(file) => (file, self.spare_path()),
                None => {
                    let unfinished = path.with_extension("new");
                    (self.disk.create(&unfinished)?, unfinished)
                }
            };
            file.write_all_at(&format::segment_head(base), 0)?;
            file.sync()?;
            self.disk.rename(&unfinished, &path)?;
            self.disk.sync_folder(&self.folder)?;
            Ok(file)
        };
        let file = make().map_err(|error| format::io("create", &path, &error))?;
        Ok(self.insert(Segment { base, file, path }))
    }

    /// The files in order.
    pub(super) fn all(&self) -> Vec<Arc<Segment>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The file that holds a position, if it is still there.
    pub(super) fn holding(&self, position: u64) -> Result<Arc<Segment>, JournalError> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let found = files.range(..=position).next_back().map(|(_, segment)| Arc::clone(segment));
        found.ok_or_else(|| JournalError::Io(format!("position {position} was released")))
    }

    /// Reads the record at a position and checks it. It has at least so many bytes.
    pub(super) fn read(&self, position: u64, at_least: u32) -> Result<bytes::Bytes, JournalError> {
        let segment = self.holding(position)?;
        let mut bytes = vec![0; HEAD_BYTES + at_least as usize];
        segment.read(position, &mut bytes)?;
        let head = bytes.first_chunk().map(Head::decode).filter(|head| head.position == position);
        let Some(head) = head else { return Err(segment.corrupt(position, "no record begins here")) };
        let (have, whole) = (bytes.len(), HEAD_BYTES + head.length as usize);
        if whole > have && whole as u64 > segment.length()?.saturating_sub(position - segment.base) {
            return Err(segment.corrupt(position, "cut short"));
        }
        bytes.resize(whole, 0);
        if whole > have {
            segment.read(position + have as u64, &mut bytes[have..])?;
        }
        let record = bytes::Bytes::from(bytes).slice(HEAD_BYTES..);
        if head.fits(&record) {
            Ok(record)
        } else {
            Err(segment.corrupt(position, "its checksum does not fit"))
        }
    }

    /// Removes the last file: recovery found that nothing in it was ever durable.
    pub(super) fn remove_last(&self) -> Result<(), JournalError> {
        let last = self.files.write().unwrap_or_else(PoisonError::into_inner).pop_last();
        match last {
            Some((_, segment)) => {
                self.disk.remove(&segment.path).map_err(|error| format::io("remove", &segment.path, &error))
            }
            None => Ok(()),
        }
    }

    /// The positions of each file's records, in order; the last one's end is `tail`.
    pub(super) fn stretches(&self, tail: Position) -> Vec<Range<Position>> {
        let all = self.all();
        let ends = all.iter().skip(1).map(|next| next.base).chain([tail.0]);
        all.iter()
            .zip(ends)
            .map(|(segment, end)| Position(segment.base)..Position(end.max(segment.base)))
            .collect()
    }

    /// Removes the files that begin at these positions. The last one stays.
    pub(super) fn release(&self, stretches: &[Position]) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let last = files.keys().next_back().copied();
        for base in stretches.iter().filter(|base| Some(base.0) != last) {
            let Some(segment) = files.remove(&base.0) else { continue };
            if let Err(error) = self.disk.remove(&segment.path) {
                tracing::warn!(path = %segment.path.display(), %error, "cannot remove a segment that is no longer needed");
            }
        }
    }

    /// Puts the files up to `cut` into another folder: whole ones as further names of the same file, since nothing is
    /// written to them any more; of the one that holds the cut, what stands before it.
    pub(super) fn copy_to(&self, folder: &Path, cut: Position) -> Result<(), JournalError> {
        let all = self.all();
        for (index, segment) in all.iter().enumerate().filter(|(_, segment)| segment.base < cut.0) {
            let to = path(folder, segment.base);
            let whole = all.get(index + 1).is_some_and(|next| next.base <= cut.0);
            let copied =
                if whole { self.disk.link(&segment.path, &to) } else { self.copy_part(segment, cut, &to) };
            copied.map_err(|error| format::io("copy to", &to, &error))?;
        }
        self.disk.sync_folder(folder).map_err(|error| format::io("sync", folder, &error))
    }

    fn copy_part(&self, segment: &Segment, cut: Position, to: &Path) -> io::Result<()> {
        let length = usize::try_from(cut.0 - segment.base).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; length];
        segment.file.read_exact_at(&mut bytes, 0)?;
        let copy = self.disk.create(to)?;
        copy.write_all_at(&bytes, 0)?;
        copy.sync()
    }

    /// Removes the spare file: the journal is closed.
    pub(super) fn drop_spare(&self) {
        if self.spare.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            // What stays behind is removed when the journal is opened next.
            let _ = self.disk.remove(&self.spare_path());
        }
    }
}
