//! The group of one run of an environment: its bounds, its end.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::usage::{Usage, figure};
use super::{KILL, PROCESSES};

/// Killed processes are gone within so long, or the group is left to the next server.
const END_MAX: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// What all processes of a group may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Bounds {
    /// Memory, with what lies in file systems in memory, bytes.
    pub(in super::super) memory_bytes: u64,
    /// Processes and threads.
    pub(in super::super) processes: u64,
}

/// A group. Dropping it kills what is in it.
#[derive(Debug)]
pub(in super::super) struct Cgroup {
    folder: PathBuf,
    /// What its processes use.
    pub(in super::super) usage: Usage,
}

impl Cgroup {
    pub(super) fn make(folder: PathBuf, bounds: Bounds) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let group = Self { usage: Usage::of(folder.clone()), folder };
        group.write("memory.max", &bounds.memory_bytes.to_string())?;
        // Who uses too much ends whole, its supervisor too, instead of limping on without one of its processes.
        group.write("memory.oom.group", "1")?;
        for (file, value) in [("memory.swap.max", "0"), ("pids.max", &bounds.processes.to_string())] {
            if let Err(error) = group.write(file, value) {
                tracing::debug!(%error, file, "a bound could not be set");
            }
        }
        Ok(group)
    }

    /// The file that brings in the process whose id is written to it.
    pub(in super::super) fn entrance(&self) -> PathBuf {
        self.folder.join(PROCESSES)
    }

    /// Ends all that is in it and removes it.
    pub(in super::super) async fn end(self) {
        self.kill();
        let events = self.folder.join("cgroup.events");
        let emptied = tokio::task::spawn_blocking(move || emptied(&events)).await;
        if let Ok(Err(error)) = emptied {
            tracing::warn!(%error, group = ?self.folder, "processes of a control group do not end");
        }
    }

    fn kill(&self) {
        // Absent before Linux 5.14; the process groups and namespaces are ended all the same.
        let _ = self.write(KILL, "1");
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), value)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Returns when no process is left; the kernel says when that changes.
fn emptied(events: &Path) -> io::Result<()> {
    let mut file = File::open(events)?;
    loop {
        let mut text = String::new();
        file.rewind()?;
        file.read_to_string(&mut text)?;
        if figure(&text, "populated") == 0 {
            return Ok(());
        }
        if poll(&mut [PollFd::new(&file, PollFlags::PRI)], Some(&END_MAX))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}
