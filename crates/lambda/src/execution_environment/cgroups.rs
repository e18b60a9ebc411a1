//! Control groups, version 2: the kernel's own bound of what a function uses, where a group is delegated to the server.
//!
//! The server makes a group of its own below the delegated one, goes into a leaf of it (a group with children that are
//! bounded may have no processes itself), and makes one beside the leaf for each run of an environment.
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://systemd.io/CGROUP_DELEGATION/>

mod cgroup;
mod delegation;
mod usage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) use cgroup::{Bounds, Cgroup};
use delegation::Delegation;
pub(super) use usage::Usage;

/// Our groups are called so, and by the number of their server.
const PREFIX: &str = "konekuta-";
/// The leaf with the server itself.
const SERVER: &str = "server";
const PROCESSES: &str = "cgroup.procs";
const CONTROLLERS: &str = "cgroup.controllers";
const CHILDREN_CONTROLLERS: &str = "cgroup.subtree_control";
const KILL: &str = "cgroup.kill";

/// The groups of one server.
#[derive(Debug)]
pub(super) struct Cgroups {
    delegation: Delegation,
    /// Ours, below the delegated one.
    own: PathBuf,
    /// What is turned on for children, as it is written: `+memory +pids`.
    controllers: String,
    /// Whether the delegated group had it turned on before.
    found_on: bool,
    next: AtomicU64,
}

impl Cgroups {
    /// Takes the delegated group over; an error says what is missing.
    pub(super) fn enter() -> Result<Self, String> {
        Self::take(Delegation::find()?, std::process::id())
    }

    fn take(delegation: Delegation, server: u32) -> Result<Self, String> {
        let group = &delegation.group;
        end_leftovers(group);
        let there = fs::read_to_string(group.join(CONTROLLERS)).map_err(at(group))?;
        let has = |name: &str| there.split_ascii_whitespace().any(|controller| controller == name);
        if !has("memory") {
            return Err(format!("{} has no memory controller", group.display()));
        }
        let controllers = if has("pids") { "+memory +pids" } else { "+memory" }.to_owned();
        let on = fs::read_to_string(group.join(CHILDREN_CONTROLLERS)).map_err(at(group))?;
        let own = group.join(format!("{PREFIX}{server}"));
        fs::create_dir_all(own.join(SERVER)).map_err(at(&own))?;
        let found_on = on.split_ascii_whitespace().any(|controller| controller == "memory");
        let cgroups = Self { delegation, own, controllers, found_on, next: AtomicU64::new(0) };
        match cgroups.move_in(server) {
            Ok(()) => Ok(cgroups),
            Err(problem) => {
                cgroups.leave();
                Err(problem)
            }
        }
    }

    fn move_in(&self, server: u32) -> Result<(), String> {
        let group = &self.delegation.group;
        fs::write(self.own.join(SERVER).join(PROCESSES), server.to_string()).map_err(at(group))?;
        let turned_on = fs::write(group.join(CHILDREN_CONTROLLERS), &self.controllers);
        turned_on.map_err(|error| match others(group) {
            others if others.is_empty() => at(group)(error),
            others => format!("{} holds other processes than the server: {others}", group.display()),
        })?;
        fs::write(self.own.join(CHILDREN_CONTROLLERS), &self.controllers).map_err(at(&self.own))
    }

    /// A group for one run of an environment.
    pub(super) fn make(&self, bounds: Bounds) -> io::Result<Cgroup> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Cgroup::make(self.own.join(format!("environment-{number}")), bounds)
    }

    /// Goes back to where the server was started, and leaves nothing behind but what still runs.
    pub(super) fn leave(&self) {
        end_all_in(&self.own);
        let off = self.controllers.replace('+', "-");
        // What does not work out here stays for the next server, or for who has delegated the group.
        let _ = fs::write(self.own.join(CHILDREN_CONTROLLERS), &off);
        if !self.found_on {
            let _ = fs::write(self.delegation.group.join(CHILDREN_CONTROLLERS), &off);
        }
        let _ = fs::write(self.delegation.home.join(PROCESSES), std::process::id().to_string());
        let _ = fs::remove_dir(self.own.join(SERVER));
        let _ = fs::remove_dir(&self.own);
    }
}

fn at(group: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", group.display())
}

/// The processes directly in a group, as they are called.
fn others(group: &Path) -> String {
    let all = fs::read_to_string(group.join(PROCESSES)).unwrap_or_default();
    let name = |id: &str| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let named: Vec<String> = all.lines().map(|id| format!("{} ({id})", name(id).trim())).collect();
    named.join(", ")
}

/// Ends what servers that were killed have left: their leaves are empty.
fn end_leftovers(group: &Path) {
    for own in folders(group).filter(|own| is_ours(own)) {
        let server = fs::read_to_string(own.join(SERVER).join(PROCESSES));
        if server.is_ok_and(|processes| !processes.is_empty()) {
            continue;
        }
        end_all_in(&own);
        let _ = fs::remove_dir(own.join(SERVER));
        let _ = fs::remove_dir(&own);
    }
}

fn is_ours(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

/// Kills and removes the environments of a server.
fn end_all_in(own: &Path) {
    for environment in folders(own).filter(|folder| !folder.ends_with(SERVER)) {
        let _ = fs::write(environment.join(KILL), "1");
        let _ = fs::remove_dir(&environment);
    }
}

fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir())
}

#[cfg(test)]
mod tests;
