//! `konekuta check`: whether a store that is not in use is whole.

use std::path::{Path, PathBuf};

use anyhow::bail;
use local::Checked;

/// Verify a data folder that no server uses: every record, every message's content.
#[derive(clap::Args, Debug)]
pub(crate) struct Check {
    /// The data folder.
    #[arg(default_value = ".konekuta")]
    data_dir: PathBuf,
}

pub(crate) fn check(arguments: &Check) -> anyhow::Result<()> {
    let checked = whole(&arguments.data_dir)?;
    println!("{}: {}", arguments.data_dir.display(), summary(&checked));
    Ok(())
}

/// What a whole store holds; an error that names each damage otherwise.
pub(crate) fn whole(folder: &Path) -> anyhow::Result<Checked> {
    let checked = local::check(folder)?;
    if !checked.damage.is_empty() {
        let damage = checked.damage.join("\n  ");
        bail!("{} is damaged:\n  {damage}\n  ({})", folder.display(), summary(&checked));
    }
    Ok(checked)
}

/// One line.
pub(crate) fn summary(checked: &Checked) -> String {
    let Checked { partitions, queues, messages, segments, records, bytes, torn, .. } = checked;
    let Checked { unnamed_blobs, unnamed_bytes, .. } = checked;
    let torn = if *torn == 0 { String::new() } else { format!(", {torn} bytes of unfinished writes") };
    let unnamed = match unnamed_blobs {
        0 => String::new(),
        _ => format!(", {unnamed_blobs} blobs of {unnamed_bytes} bytes that nothing names"),
    };
    format!(
        "{partitions} partitions, {queues} queues, {messages} messages; {records} records of {bytes} bytes in {segments} files{torn}{unnamed}"
    )
}
