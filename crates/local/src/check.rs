//! Checking a store that no process has open: every record is read, nothing is changed.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use journal::{JournalError, Position, RealDisk};
use partition::{Partition, Record};

use crate::open::OpenError;
use crate::registry;
use crate::store::Store;

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
    let covered = journal(&mut checked, folder, "registry", &mut |_, at, record| entries.push((at, record)))?;
    for (at, record) in entries.into_iter().filter(|(at, _)| *at >= covered.unwrap_or_default()) {
        if let Err(reason) = registry::check(&record) {
            checked.damage.push(format!("registry: at {}: {reason}", at.0));
        }
    }
    Ok(checked)
}

/// Reads a journal; answers what its snapshot covers.
fn journal(
    checked: &mut Checked,
    folder: &Path,
    name: &str,
    visit: &mut dyn FnMut(&mut Checked, Position, bytes::Bytes),
) -> Result<Option<Position>, OpenError> {
    let verified =
        journal::verify(Arc::new(RealDisk), &folder.join(name), &mut |at, record| visit(checked, at, record));
    let verified = verified?;
    checked.segments += verified.segments;
    checked.records += verified.records;
    checked.bytes += verified.bytes;
    checked.torn += verified.torn;
    checked.damage.extend(verified.damage.iter().map(|damage| format!("{name}: {damage}")));
    Ok(verified.snapshot)
}

fn partition(checked: &mut Checked, folder: &Path, name: &str) -> Result<(), OpenError> {
    let snapshot = match journal::snapshot(&RealDisk, &folder.join(name)) {
        // The check of the journal names the damage.
        Err(JournalError::Corrupt { .. }) => None,
        other => other?,
    };
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
