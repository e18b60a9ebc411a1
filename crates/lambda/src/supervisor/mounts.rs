//! The function's view of the machine: its code at `/var/task` and its layers at `/opt`, read-only; a `/tmp` of its own;
//! nothing of the data folder; the rest as it is. In a user, a mount and a process namespace of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind, mount_bind_recursive, mount_change, mount_remount,
};
use rustix::process::{getgid, getuid, pivot_root};
use rustix::thread::{CapabilitiesSecureBits, UnshareFlags, set_capabilities_secure_bits};
use serde::{Deserialize, Serialize};

use crate::limits::EPHEMERAL_STORAGE_MB_MIN;

/// Where a function finds its code.
pub const TASK: &str = "/var/task";
/// Where it finds its layers.
pub const OPT: &str = "/opt";
/// Where it may write.
pub const TMP: &str = "/tmp";

/// The size of a `/tmp` as it is prepared, MB: what functions have that ask for no other, which is set when it is known.
const TMP_MB: u32 = EPHEMERAL_STORAGE_MB_MIN;
/// How file systems of the function's own are mounted.
const OWN: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

/// Where the machine is to be found until the function's code is laid over it, so that nothing is left of it.
const MACHINE: &str = TASK;

/// What every function sees of the machine. It can be prepared before it is known which function that will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// An empty folder, on which the new root is put together. All may take the same: none sees another's.
    pub root: PathBuf,
    /// The server's data folder.
    pub hidden: PathBuf,
    /// What of `/tmp` and of the data folder is seen all the same, read-only: interpreters.
    pub shown: Vec<PathBuf>,
}

/// What of a function's own is laid over what it sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mounts {
    /// The folder of the code.
    pub task: PathBuf,
    /// The folders of the layers, in their order.
    pub layers: Vec<PathBuf>,
    /// A folder that becomes `/tmp`; absent: one in memory.
    pub tmp: Option<PathBuf>,
    /// The size of a `/tmp` in memory, MB.
    pub tmp_mb: u32,
}

fn failed(what: impl std::fmt::Display) -> impl FnOnce(rustix::io::Errno) -> io::Error {
    move |error| io::Error::other(format!("{what}: {}", io::Error::from(error)))
}

/// Where an absolute path lies below another root.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

impl Ground {
    /// Makes namespaces of users and mounts, takes over what all functions see, and goes there. The process must have
    /// one thread.
    pub(super) fn prepare(&self) -> io::Result<()> {
        unshare()?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).map_err(failed("making mounts private"))?;
        tmpfs(&self.root, "mode=755,size=1m")?;
        self.take_over(Path::new("/"), &["tmp", "var"])?;
        self.take_over(Path::new("/var"), &["task"])?;
        let hidden = below(&self.root, &self.hidden);
        if hidden.is_dir() {
            tmpfs(&hidden, "mode=755,size=1m")?;
        }
        for shown in self.shown.iter().filter(|shown| !shown.starts_with(TMP)) {
            let target = below(&self.root, shown);
            if !target.exists() {
                show(shown, &target)?;
            }
        }
        let tmp = below(&self.root, Path::new(TMP));
        fs::create_dir(&tmp)?;
        tmpfs(&tmp, &tmp_of(TMP_MB))?;
        self.shown_in_tmp().try_for_each(|shown| show(shown, &below(&self.root, shown)))?;
        let machine = below(&self.root, Path::new(MACHINE));
        fs::create_dir(&machine)?;
        std::env::set_current_dir(&self.root)?;
        pivot_root(".", &machine).map_err(failed("changing the root"))?;
        std::env::set_current_dir("/")
    }

    /// What of the machine's `/tmp` is seen in the function's own.
    fn shown_in_tmp(&self) -> impl Iterator<Item = &Path> {
        self.shown.iter().map(PathBuf::as_path).filter(|shown| shown.starts_with(TMP))
    }

    /// Takes over what is in a folder of the machine's, but what the function has of its own.
    fn take_over(&self, folder: &Path, own: &[&str]) -> io::Result<()> {
        fs::create_dir_all(below(&self.root, folder))?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if own.iter().any(|name| entry.file_name() == **name) {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type()?);
            let target = below(&self.root, &path);
            if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(&path)?, target)?;
            } else if kind.is_dir() {
                fs::create_dir(&target)?;
                mount_bind_recursive(&path, &target).map_err(failed(path.display()))?;
            } else if kind.is_file() {
                fs::write(&target, "")?;
                mount_bind(&path, &target).map_err(failed(path.display()))?;
            }
        }
        Ok(())
    }
}

/// Shows a folder or a file somewhere, read-only.
fn show(source: &Path, target: &Path) -> io::Result<()> {
    if source.is_dir() {
        fs::create_dir_all(target)?;
    } else {
        fs::create_dir_all(target.parent().unwrap_or(target))?;
        fs::write(target, "")?;
    }
    mount_bind(source, target).map_err(failed(source.display()))?;
    // A namespace of its own may add restrictions to a mount, never lift them.
    let given = statvfs(target)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY;
    for (given_flag, flag) in [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        if given.contains(given_flag) {
            flags |= flag;
        }
    }
    mount_remount(target, flags, c"").map_err(failed(format!("{} read-only", target.display())))
}

impl Mounts {
    /// Puts what is the function's own onto the ground that was prepared. What the function starts with is no more than
    /// it sees: it has no capability to lift a mount.
    pub(super) fn lay(&self, ground: &Ground) -> io::Result<()> {
        self.layers()?;
        self.tmp(ground)?;
        show(&machine(&self.task), Path::new(TASK))?;
        let none = CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
        Ok(set_capabilities_secure_bits(none)?)
    }

    /// A later layer lies over the earlier ones.
    fn layers(&self) -> io::Result<()> {
        let target = Path::new(OPT);
        match self.layers.as_slice() {
            [] => Ok(()),
            [one] => show(&machine(one), target),
            several => {
                fs::create_dir_all(target)?;
                let escaped = |path: &PathBuf| {
                    let text = machine(path).display().to_string();
                    text.replace('\\', "\\\\").replace(':', "\\:").replace(',', "\\,")
                };
                let lower: Vec<String> = several.iter().rev().map(escaped).collect();
                let options = std::ffi::CString::new(format!("lowerdir={}", lower.join(":")))?;
                mount("overlay", target, "overlay", MountFlags::RDONLY, options.as_c_str())
                    .map_err(failed("laying layers over each other"))
            }
        }
    }

    /// The one that was prepared, or a folder in its place.
    fn tmp(&self, ground: &Ground) -> io::Result<()> {
        let target = Path::new(TMP);
        match &self.tmp {
            Some(folder) => {
                mount_bind(machine(folder), target).map_err(failed(folder.display()))?;
                ground.shown_in_tmp().try_for_each(|shown| show(&machine(shown), shown))
            }
            None if self.tmp_mb == TMP_MB => Ok(()),
            None => {
                let size = std::ffi::CString::new(tmp_of(self.tmp_mb))?;
                mount_remount(target, OWN, size.as_c_str()).map_err(failed("the size of /tmp"))
            }
        }
    }
}

/// A path of the machine's.
fn machine(path: &Path) -> PathBuf {
    below(Path::new(MACHINE), path)
}

/// What a `/tmp` of so many MB is mounted with.
fn tmp_of(size_mb: u32) -> String {
    format!("mode=1777,size={size_mb}m")
}

fn tmpfs(target: &Path, options: &str) -> io::Result<()> {
    let options = std::ffi::CString::new(options)?;
    mount("tmpfs", target, "tmpfs", OWN, options.as_c_str()).map_err(failed(target.display()))
}

/// Leaves the server's namespaces; the user stays who it is.
#[allow(deprecated, reason = "its danger lies in sharing descriptors no longer, which is not asked for here")]
fn unshare() -> io::Result<()> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    let flags = UnshareFlags::NEWUSER | UnshareFlags::NEWNS;
    rustix::thread::unshare(flags).map_err(failed("making namespaces"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// What this thread starts next is the first process of a namespace: all others end with it. From then on the process
/// may have no further threads.
#[allow(deprecated, reason = "its danger lies in sharing descriptors no longer, which is not asked for here")]
pub(super) fn begin_processes() -> io::Result<()> {
    rustix::thread::unshare(UnshareFlags::NEWPID).map_err(failed("making a namespace of processes"))
}
