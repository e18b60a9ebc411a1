//! Checking a store that no process has open: every record is read, nothing is changed.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use journal::{JournalError, Position, RealDisk};
use partition::{Partition, Record};

use crate::open::OpenError;
use crate::store::Store;
use crate::{registry, sweep};

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Partitions of the store.
    pub partitions: u16,
    /// Queues in them.
    pub queues: usize,
    /// Messages in those.
    pub messages: u64,
    /// Files of all logs.
    pub segments: u64,
    /// Whole records in them.
    pub records: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Bytes of unfinished writes that the next start cuts off; a crash leaves them.
    pub torn: u64,
    /// Files of blobs that nothing names, which the next start removes; a crash leaves them.
    pub unnamed_blobs: u64,
    /// Bytes of those.
    pub unnamed_bytes: u64,
    /// What is wrong, each with file and place. Empty: the store is whole.
    pub damage: Vec<String>,
}

/// Checks a store. Fails if it is in use, of another format, or not there.
pub fn check(folder: &Path) -> Result<Checked, OpenError> {
    if !folder.join("store.json").exists() {
        let reason = "there is no store.json in it".to_owned();
        return Err(OpenError::Unusable { folder: folder.to_path_buf(), reason });
    }
    let store = Store::open(folder, 1)?;
    let mut checked = Checked { partitions: store.description.partitions, ..Checked::default() };
    for number in 0..checked.partitions {
        partition(&mut checked, folder, &format!("partition-{number}"))?;
    }
    let mut entries = Vec::new();
    journal(&mut checked, folder, "registry", &mut |_, at, record| entries.push((at, record)))?;
    let (values, damage) = registry::values(snapshot(folder, "registry")?, &entries);
    checked.damage.extend(damage);
    let unusable = |error: std::io::Error| OpenError::Unusable {
        folder: folder.join("blobs"),
        reason: error.to_string(),
    };
    let unnamed = sweep::unnamed(&folder.join("blobs"), values.iter()).map_err(unusable)?;
    (checked.unnamed_blobs, checked.unnamed_bytes) = (unnamed.blobs, unnamed.bytes);
    Ok(checked)
}

/// A journal's snapshot. If it is damaged, the check of the journal names that.
fn snapshot(folder: &Path, name: &str) -> Result<Option<(Position, bytes::Bytes)>, OpenError> {
    match journal::snapshot(&RealDisk, &folder.join(name)) {
        Err(JournalError::Corrupt { .. }) => Ok(None),
        other => Ok(other?),
    }
}

/// Reads a journal.
fn journal(
    checked: &mut Checked,
    folder: &Path,
    name: &str,
    visit: &mut dyn FnMut(&mut Checked, Position, bytes::Bytes),
) -> Result<(), OpenError> {
    let verified =
        journal::verify(Arc::new(RealDisk), &folder.join(name), &mut |at, record| visit(checked, at, record));
    let verified = verified?;
    checked.segments += verified.segments;
    checked.records += verified.records;
    checked.bytes += verified.bytes;
    checked.torn += verified.torn;
    checked.damage.extend(verified.damage.iter().map(|damage| format!("{name}: {damage}")));
    Ok(())
}

fn partition(checked: &mut Checked, folder: &Path, name: &str) -> Result<(), OpenError> {
    let snapshot = snapshot(folder, name)?;
    let restored = snapshot.as_ref().map(|(_, state)| Partition::restore(state)).transpose();
    let mut state = match restored {
        Ok(restored) => restored.unwrap_or_default(),
        Err(error) => {
            checked.damage.push(format!("{name}: snapshot: {error}"));
            Partition::default()
        }
    };
    let covered = snapshot.map_or(Position(0), |(covers, _)| covers);
    let mut whole = HashSet::new();
    journal(checked, folder, name, &mut |checked, at, record| {
        whole.insert(at.0);
        if at < covered {
            return;
        }
        match Record::decode(&record, at.0) {
            Ok(stored) => stored.iter().for_each(|(operation, location)| state.apply(operation, *location)),
            Err(error) => checked.damage.push(format!("{name}: at {}: {error}", at.0)),
        }
    })?;
    checked.queues += state.list("", None, usize::MAX).len();
    let image = state.image();
    for moving in image.contents_in(0..u64::MAX) {
        checked.messages += 1;
        if !whole.contains(&moving.content.position) {
            checked
                .damage
                .push(format!("{name}: a message's content at {} is gone", moving.content.position));
        }
    }
    Ok(())
}
