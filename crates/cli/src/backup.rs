//! `konekuta backup` and `konekuta restore`: a running store's copy, and a store from one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use engine::Clock;
use http::Method;

use crate::check;
use crate::connection::Connection;

/// Copy a running server's store into a folder: one moment of everything, while it goes on working.
#[derive(clap::Args, Debug)]
pub(crate) struct Backup {
    /// The new folder. Runs on the server's own machine.
    folder: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

/// Make a data folder from a backup.
#[derive(clap::Args, Debug)]
pub(crate) struct Restore {
    /// The backup's folder.
    backup: PathBuf,
    /// The data folder; it must not exist yet, or be empty.
    #[arg(long, env = "KONEKUTA_DATA_DIR", default_value = ".konekuta")]
    data_dir: PathBuf,
}

pub(crate) async fn backup(arguments: Backup, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    check_free(&arguments.folder)?;
    let client = arguments.connection.client(clock);
    let answer = client
        .rest("konekuta", Method::POST, "/_konekuta/backup", None)
        .await
        .context("the server could not make a copy")?;
    let made = PathBuf::from(answer["Folder"].as_str().context("the server does not say where the copy is")?);
    ensure!(made.is_dir(), "{} is not on this machine: run this where the server runs", made.display());
    let copied = copy(&made, &arguments.folder);
    std::fs::remove_dir_all(&made).with_context(|| format!("cannot remove {}", made.display()))?;
    copied?;
    let checked = check::whole(&arguments.folder)?;
    println!("{}: {}", arguments.folder.display(), check::summary(&checked));
    Ok(())
}

pub(crate) fn restore(arguments: &Restore) -> anyhow::Result<()> {
    check_free(&arguments.data_dir)?;
    let checked = check::whole(&arguments.backup)?;
    copy(&arguments.backup, &arguments.data_dir)?;
    println!("{}: {}", arguments.data_dir.display(), check::summary(&checked));
    Ok(())
}

fn check_free(folder: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                bail!("{} is not empty", folder.display());
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot look into {}", folder.display())),
    }
}

/// Copies a folder, each file synced; `store.json`, without which it is no store, comes last.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let mut entries = std::fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| (entry.file_name() == "store.json", entry.file_name()));
    for entry in entries.iter().filter(|entry| entry.file_name() != "lock") {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target)?;
            continue;
        }
        std::fs::copy(&source, &target).with_context(|| format!("cannot copy to {}", target.display()))?;
        std::fs::File::open(&target)?.sync_all()?;
    }
    std::fs::File::open(to)?.sync_all()?;
    Ok(())
}
