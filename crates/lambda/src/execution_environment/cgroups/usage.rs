//! What the kernel counts of a control group.

use std::fs;
use std::path::{Path, PathBuf};

use super::delegation::group_of;

/// The files of one group.
#[derive(Debug)]
pub(in super::super) struct Usage {
    folder: PathBuf,
}

impl Usage {
    pub(super) fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Of the container with an id, by the number of a process in it.
    pub(in super::super) fn of_container(id: &str, process: &str) -> Option<Self> {
        counted(&group_of(process).ok()?, id).map(Self::of)
    }

    /// Whether the kernel has killed it for the memory that it used.
    pub(in super::super) fn is_out_of_memory(&self) -> bool {
        figure(&self.read("memory.events"), "oom_kill") > 0
    }

    /// The memory that its processes have for themselves now, bytes; files in memory, as those in `/tmp`, are not counted.
    pub(in super::super) fn memory_bytes(&self) -> u64 {
        figure(&self.read("memory.stat"), "anon")
    }

    /// The most memory that it has used, without what now is kept of files, bytes.
    pub(in super::super) fn memory_peak_bytes(&self) -> u64 {
        let stat = self.read("memory.stat");
        let files = figure(&stat, "file").saturating_sub(figure(&stat, "file_mapped"));
        let peak = self.read("memory.peak").trim().parse::<u64>().unwrap_or(0);
        peak.saturating_sub(files).max(figure(&stat, "anon"))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }
}

/// Of a container's group and those in it, the nearest that is counted. Podman divides the group once more, which does not
/// always count for itself; one that is not named after the container is of another process, with the number it had.
fn counted(group: &Path, id: &str) -> Option<PathBuf> {
    let mut own = group.ancestors().take_while(|folder| folder.to_string_lossy().contains(id));
    own.find(|folder| folder.join("memory.stat").is_file()).map(Path::to_path_buf)
}

/// A line `name number` of one of the kernel's files; 0 if there is none.
pub(super) fn figure(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a group.
    fn group(files: &[(&str, &str)]) -> (tempfile::TempDir, Usage) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let usage = Usage::of(folder.path().to_path_buf());
        (folder, usage)
    }

    #[test]
    fn what_the_kernel_counts_is_read() {
        let stat = "anon 4000\nanon_thp 9\nfile 3000\nfile_mapped 1000\n";
        let events = "low 0\nhigh 0\nmax 31\noom 1\noom_kill 0\n";
        let (folder, usage) =
            group(&[("memory.stat", stat), ("memory.peak", "9000\n"), ("memory.events", events)]);
        assert!(!usage.is_out_of_memory());
        assert_eq!((usage.memory_bytes(), usage.memory_peak_bytes()), (4000, 7000));
        fs::write(folder.path().join("memory.events"), "oom 1\noom_kill 2\n").unwrap();
        assert!(usage.is_out_of_memory());
        fs::write(folder.path().join("memory.peak"), "5000\n").unwrap();
        assert_eq!(usage.memory_peak_bytes(), 4000, "no less than it has now");
    }

    #[test]
    fn a_containers_group_is_known_by_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let (docker, podman) = ("system.slice/docker-4f5a.scope", "machine.slice/libpod-77aa.scope");
        fs::create_dir_all(folder.path().join(podman).join("container")).unwrap();
        fs::create_dir_all(folder.path().join(docker)).unwrap();
        for counted in ["", docker, podman] {
            fs::write(folder.path().join(counted).join("memory.stat"), "anon 1\n").unwrap();
        }
        let counted = |group: &str, id| counted(&folder.path().join(group), id);
        assert_eq!(counted(docker, "4f5a"), Some(folder.path().join(docker)));
        assert_eq!(counted(&format!("{podman}/container"), "77aa"), Some(folder.path().join(podman)));
        assert_eq!(counted(docker, "77aa"), None, "another process has the number by now");
    }
}
