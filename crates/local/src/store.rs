//! The data folder: its lock, its description, and where everything in it lies.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::open::OpenError;

/// The newest layout of a data folder.
const FORMAT: u32 = 2;

/// How the name of a folder begins that holds a copy.
pub(crate) const COPY: &str = "copy-";

/// What a store says of itself, in `store.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    format: u32,
    /// Fixed when the store is made: queues are spread over them by their keys.
    pub(crate) partitions: u16,
    /// Under which receipt handles are sealed, hexadecimal.
    pub(crate) handle_key: String,
}

/// A folder that belongs to this process.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) folder: PathBuf,
    pub(crate) description: Description,
    /// Holds the lock until the store is dropped.
    _lock: File,
}

impl Store {
    pub(crate) fn open(folder: &Path, partitions: u16) -> Result<Self, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            folder: folder.to_path_buf(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| OpenError::Locked { folder: folder.to_path_buf() })?;
        let path = folder.join("store.json");
        let description = match std::fs::read(&path) {
            Ok(text) => read(&path, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = make(partitions);
                write(folder, &path, &made).map_err(unusable)?;
                made
            }
            Err(error) => return Err(unusable(error)),
        };
        Ok(Self { folder: folder.to_path_buf(), description, _lock: lock })
    }

    /// Removes copies that nobody took away, because who asked for them is gone.
    pub(crate) fn remove_copies(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(COPY) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

pub(crate) fn make(partitions: u16) -> Description {
    let key: [u8; 32] = rand::random();
    Description {
        format: FORMAT,
        partitions: partitions.clamp(1, limits::PARTITIONS_MAX),
        handle_key: hex::encode(key),
    }
}

fn read(path: &Path, text: &[u8]) -> Result<Description, OpenError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let damaged = |error: serde_json::Error| OpenError::Damaged(format!("{}: {error}", path.display()));
    let Format { format } = serde_json::from_slice(text).map_err(damaged)?;
    if format > FORMAT {
        return Err(OpenError::Newer { found: format, known: FORMAT });
    }
    if format < FORMAT {
        return Err(OpenError::Older { found: format, known: FORMAT });
    }
    serde_json::from_slice(text).map_err(damaged)
}

/// Whole or not at all.
pub(crate) fn write(folder: &Path, path: &Path, description: &Description) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = File::create(&unfinished)?;
    file.write_all(&serde_json::to_vec_pretty(description)?)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    File::open(folder)?.sync_all()
}
