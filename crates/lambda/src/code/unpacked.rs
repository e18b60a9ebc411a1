//! The folders that packages are unpacked in: `functions/<region>/<account>/<name>/<sha256>` below the data folder.
//!
//! A cache of the stored packages. It is emptied when the program starts, because what a power cut left half-written
//! cannot be told from the whole.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws::Arn;
use bytes::Bytes;

use super::archive::{self, BadArchive};
use crate::records::{FunctionRecord, LayerUse};

/// A function's latest packages stay, besides those of its versions: environments of the one before may still be busy.
const KEPT: usize = 3;

/// Which packages stay beside a new one, besides the latest.
#[derive(Clone, Copy)]
pub(crate) enum Keep<'a> {
    /// All: whoever uses one is not known here.
    All,
    /// Those of these digests.
    Named(&'a HashSet<String>),
}

/// Where packages are unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    root: PathBuf,
}

impl Folders {
    pub(crate) fn below(data_dir: &Path) -> Self {
        Self { root: data_dir.join("functions") }
    }

    /// Where the function's package belongs.
    pub(crate) fn of(&self, record: &FunctionRecord) -> PathBuf {
        self.of_function(&record.arn, &record.name).join(&record.code.sha256)
    }

    /// Where a layer's package belongs; no function is called so, and search paths can hold it.
    pub(crate) fn of_layer(&self, layer: &LayerUse) -> PathBuf {
        let parts: Vec<&str> = layer.arn.split(':').collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let name = format!("layer@{}", part(6));
        self.root.join(part(3)).join(part(4)).join(name).join(&layer.code.sha256)
    }

    fn of_function(&self, arn: &Arn, name: &str) -> PathBuf {
        self.root.join(arn.region()).join(arn.account()).join(name)
    }

    /// Moves what an earlier run left out of the way; answers where to, if there was something.
    pub(crate) fn set_aside(&self) -> io::Result<Option<PathBuf>> {
        let aside = self.root.with_extension("old");
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        match fs::rename(&self.root, &aside) {
            Ok(()) => Ok(Some(aside)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Unpacks a package to where it belongs; whole or not at all.
    /// Packages of the function that are neither among the latest nor to be kept go.
    pub(crate) fn fill(folder: &Path, zip: &Bytes, keep: Keep<'_>) -> Result<(), BadArchive> {
        let parent = folder.parent().ok_or_else(|| io::Error::other("a function's folder has a parent"))?;
        fs::create_dir_all(parent)?;
        let unfinished = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(parent)?;
        archive::unpack(zip, unfinished.path())?;
        make_enterable(unfinished.path())?;
        fs::rename(unfinished.path(), folder)?;
        // It has another name now; nothing is left to remove.
        let _ = unfinished.keep();
        if let Keep::Named(names) = keep {
            prune(parent, folder, names);
        }
        Ok(())
    }

    /// Removes all packages of a function.
    pub(crate) fn forget(&self, arn: &Arn, name: &str) {
        let folder = self.of_function(arn, name);
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), %error, "a deleted function's code could not be removed");
        }
    }
}

/// Temporary folders are their owner's alone; a function's code is not secret.
fn make_enterable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// Removes packages beyond the latest ones. What fails here costs room only until the next start.
fn prune(parent: &Path, current: &Path, keep: &HashSet<String>) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let mut folders: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .filter(|entry| !entry.file_name().to_str().is_some_and(|name| keep.contains(name)))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    folders.sort();
    folders.reverse();
    for (_, path) in folders.into_iter().skip(KEPT).filter(|(_, path)| path != current) {
        if let Err(error) = fs::remove_dir_all(&path) {
            tracing::debug!(folder = %path.display(), %error, "an old package could not be removed");
        }
    }
}
