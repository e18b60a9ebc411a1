//! A disk in memory that remembers what was synced, loses what was not when told to, and fails when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

/// How the disk fails. Operations that change something (writes, syncs, names) are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The *n*th operation fails with `kind`; if it is a write, so many of its bytes get there.
    At {
        /// Which.
        operation: u64,
        /// How.
        kind: io::ErrorKind,
        /// Bytes of a write that get there.
        written: usize,
    },
    /// From the *n*th operation on all fail with `kind`.
    From {
        /// Which is the first.
        operation: u64,
        /// How.
        kind: io::ErrorKind,
    },
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    contents: BTreeMap<u64, Content>,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    folders: BTreeSet<PathBuf>,
    next: u64,
    operations: u64,
    syncs: u64,
    fault: Option<Fault>,
}

#[derive(Clone, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync.
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Written { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Written { offset, bytes: written } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }
}

impl State {
    /// Counts an operation; an error if it is one that fails.
    fn operate(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.fault {
            Some(Fault::At { operation, kind, .. }) if operation == self.operations => Err(kind.into()),
            Some(Fault::From { operation, kind }) if operation <= self.operations => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn content(&mut self, number: u64) -> &mut Content {
        self.contents.entry(number).or_default()
    }
}

impl SimulatedDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Syncs of files so far.
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Fails like this from now on; `None`: no more.
    pub fn fail(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    /// The power goes: of what was not synced, each change survives whole, in part or not at all. `choose(n)` answers a
    /// number below `n`.
    pub fn lose_power(&self, choose: &mut dyn FnMut(usize) -> usize) {
        let mut state = self.state();
        if choose(2) == 0 {
            state.names = state.durable_names.clone();
        } else {
            state.durable_names = state.names.clone();
        }
        for content in state.contents.values_mut() {
            let mut survived = std::mem::take(&mut content.durable);
            for change in std::mem::take(&mut content.changes) {
                match (choose(3), change) {
                    (0, _) => {}
                    (1, Change::Written { offset, mut bytes }) => {
                        bytes.truncate(choose(bytes.len() + 1));
                        Change::Written { offset, bytes }.apply(&mut survived);
                    }
                    (_, change) => change.apply(&mut survived),
                }
            }
            content.durable.clone_from(&survived);
            content.live = survived;
        }
    }

    /// Another disk with the same on it.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.state();
        let copied = State {
            contents: state.contents.clone(),
            names: state.names.clone(),
            durable_names: state.durable_names.clone(),
            folders: state.folders.clone(),
            next: state.next,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(copied)))
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// A file's bytes.
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let number = state.names.get(path)?;
        Some(state.contents.get(number)?.live.clone())
    }

    /// Turns one bit of a file around, as a failing disk does.
    pub fn flip(&self, path: &Path, byte: usize, bit: u8) {
        let mut state = self.state();
        let Some(number) = state.names.get(path).copied() else { return };
        let content = state.content(number);
        for bytes in [&mut content.live, &mut content.durable] {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= 1 << bit;
            }
        }
    }

    fn file(&self, number: u64) -> Arc<dyn DiskFile> {
        Arc::new(SimulatedFile { disk: self.clone(), number })
    }
}

impl Disk for SimulatedDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.state().folders.insert(folder.to_path_buf());
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(self.state().names.keys().filter(|path| path.parent() == Some(folder)).cloned().collect())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let number = self.state().names.get(path).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(self.file(number))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.operate()?;
        state.next += 1;
        let number = state.next;
        state.names.insert(path.to_path_buf(), number);
        state.contents.insert(number, Content::default());
        drop(state);
        Ok(self.file(number))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        let number = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), number);
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        let number = state.names.get(from).copied().ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), number);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.names.remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        let inside = |path: &PathBuf| path.parent() == Some(folder);
        let live: Vec<(PathBuf, u64)> = state
            .names
            .iter()
            .filter(|(path, _)| inside(path))
            .map(|(path, number)| (path.clone(), *number))
            .collect();
        state.durable_names.retain(|path, _| !inside(path));
        state.durable_names.extend(live);
        Ok(())
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    number: u64,
}

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl DiskFile for SimulatedFile {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let (mut state, offset) = (self.disk.state(), place(offset)?);
        let content = state.content(self.number);
        let part = content.live.get(offset..offset + bytes.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(part);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut state, offset) = (self.disk.state(), place(offset)?);
        let outcome = state.operate();
        let written = match (&outcome, state.fault) {
            (Err(_), Some(Fault::At { written, .. })) => &bytes[..written.min(bytes.len())],
            (Err(_), _) => &[],
            (Ok(()), _) => bytes,
        };
        let change = Change::Written { offset, bytes: written.to_vec() };
        let content = state.content(self.number);
        change.apply(&mut content.live);
        content.changes.push(change);
        outcome
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operate()?;
        state.syncs += 1;
        let content = state.content(self.number);
        content.durable.clone_from(&content.live);
        content.changes.clear();
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let (mut state, length) = (self.disk.state(), place(length)?);
        state.operate()?;
        let content = state.content(self.number);
        Change::Length(length).apply(&mut content.live);
        content.changes.push(Change::Length(length));
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.state().content(self.number).live.len() as u64)
    }
}
