//! How far those have come who follow the history: a small file for each beside the hops, so that both are lost together.

use std::io;
use std::path::{Path, PathBuf};

fn file(folder: &Path, follower: &str) -> PathBuf {
    folder.join(format!("{follower}.mark"))
}

/// Writes a position down. Nothing waits for the disk: after a crash of the machine a follower gets some hops again.
pub(crate) fn write(folder: &Path, follower: &str, position: u64) -> io::Result<()> {
    let (file, unfinished) = (file(folder, follower), folder.join(format!("{follower}.new")));
    std::fs::write(&unfinished, position.to_string())?;
    std::fs::rename(unfinished, file)
}

/// The position that was written; `None` if none was, or what stands there is none.
pub(crate) fn read(folder: &Path, follower: &str) -> io::Result<Option<u64>> {
    match std::fs::read_to_string(file(folder, follower)) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
