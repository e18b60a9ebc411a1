//! The function's view of the machine: its code at `/var/task` and its layers at `/opt`, read-only; a `/tmp` of its own;
//! nothing of the data folder; the rest as it is. In a user, a mount and a process namespace of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    mount_remount, unmount,
};
use rustix::process::{getgid, getuid, pivot_root};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

/// Where a function finds its code.
pub const TASK: &str = "/var/task";
/// Where it finds its layers.
pub const OPT: &str = "/opt";
/// Where it may write.
pub const TMP: &str = "/tmp";

/// What every function sees of the machine. It can be prepared before it is known which function that will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// An empty folder, on which the new root is put together. All may take the same: none sees another's.
    pub root: PathBuf,
}

/// What is laid over what a function sees.
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
    /// The server's data folder.
    pub hidden: PathBuf,
    /// What of `/tmp` and of the data folder is seen all the same, read-only: interpreters.
    pub shown: Vec<PathBuf>,
}

fn failed(what: impl std::fmt::Display) -> impl FnOnce(rustix::io::Errno) -> io::Error {
    move |error| io::Error::other(format!("{what}: {}", io::Error::from(error)))
}

impl Ground {
    /// Makes namespaces of users and mounts, goes there, and takes over what all functions see. The process must have
    /// one thread.
    pub(super) fn prepare(&self) -> io::Result<()> {
        unshare()?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).map_err(failed("making mounts private"))?;
        tmpfs(&self.root, "mode=755,size=1m")?;
        self.take_over(Path::new("/"), &["tmp", "var", "opt"])?;
        self.take_over(Path::new("/var"), &["task"])
    }

    /// Where a path lies below the new root.
    fn inside(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Takes over what is in a folder of the machine's, but what the function has of its own.
    fn take_over(&self, folder: &Path, own: &[&str]) -> io::Result<()> {
        fs::create_dir_all(self.inside(folder))?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if own.iter().any(|name| entry.file_name() == **name) {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type()?);
            let target = self.inside(&path);
            if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(&path)?, target)?;
            } else if kind.is_dir() {
                self.bind(&path)?;
            } else if kind.is_file() {
                fs::write(&target, "")?;
                mount_bind(&path, &target).map_err(failed(path.display()))?;
            }
        }
        Ok(())
    }

    /// Shows a folder of the machine's as it is there.
    fn bind(&self, folder: &Path) -> io::Result<()> {
        let target = self.inside(folder);
        fs::create_dir(&target)?;
        mount_bind_recursive(folder, &target).map_err(failed(folder.display()))
    }

    /// Shows a folder or a file somewhere, read-only.
    fn show(&self, source: &Path, target: &Path) -> io::Result<()> {
        let target = self.inside(target);
        if source.is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            fs::create_dir_all(target.parent().unwrap_or(&self.root))?;
            fs::write(&target, "")?;
        }
        mount_bind(source, &target).map_err(failed(source.display()))?;
        // A namespace of its own may add restrictions to a mount, never lift them.
        let given = statvfs(source)?.f_flag;
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
        mount_remount(&target, flags, c"").map_err(failed(format!("{} read-only", target.display())))
    }
}

impl Mounts {
    /// Puts what is the function's own onto a ground that was prepared, and goes there.
    pub(super) fn enter(&self, ground: &Ground) -> io::Result<()> {
        ground.show(&self.task, Path::new(TASK))?;
        self.layers(ground)?;
        self.tmp(ground)?;
        let hidden = ground.inside(&self.hidden);
        if hidden.is_dir() {
            tmpfs(&hidden, "mode=755,size=1m")?;
        }
        for shown in &self.shown {
            if !ground.inside(shown).exists() {
                ground.show(shown, shown)?;
            }
        }
        std::env::set_current_dir(&ground.root)?;
        pivot_root(".", ".").map_err(failed("changing the root"))?;
        unmount(".", UnmountFlags::DETACH).map_err(failed("leaving the old root"))?;
        std::env::set_current_dir("/")
    }

    /// A later layer lies over the earlier ones.
    fn layers(&self, ground: &Ground) -> io::Result<()> {
        let opt = Path::new(OPT);
        match self.layers.as_slice() {
            [] if opt.is_dir() => ground.bind(opt),
            [] => Ok(()),
            [one] => ground.show(one, opt),
            several => {
                let target = ground.inside(opt);
                fs::create_dir_all(&target)?;
                let escaped = |path: &PathBuf| {
                    path.display().to_string().replace('\\', "\\\\").replace(':', "\\:").replace(',', "\\,")
                };
                let lower: Vec<String> = several.iter().rev().map(escaped).collect();
                let options = std::ffi::CString::new(format!("lowerdir={}", lower.join(":")))?;
                mount("overlay", &target, "overlay", MountFlags::RDONLY, options.as_c_str())
                    .map_err(failed("laying layers over each other"))
            }
        }
    }

    fn tmp(&self, ground: &Ground) -> io::Result<()> {
        let target = ground.inside(Path::new(TMP));
        fs::create_dir_all(&target)?;
        match &self.tmp {
            Some(folder) => mount_bind(folder, &target).map_err(failed(folder.display())),
            None => tmpfs(&target, &format!("mode=1777,size={}m", self.tmp_mb)),
        }
    }
}

fn tmpfs(target: &Path, options: &str) -> io::Result<()> {
    let options = std::ffi::CString::new(options)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount("tmpfs", target, "tmpfs", flags, options.as_c_str()).map_err(failed(target.display()))
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
