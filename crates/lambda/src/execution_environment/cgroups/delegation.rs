//! Which group the server may make groups below.

use std::path::{Path, PathBuf};

const MOUNTS: &str = "/proc/self/mountinfo";
/// By which systemd marks a group that it has delegated.
/// <https://systemd.io/CGROUP_DELEGATION/>
const MARK: &str = "user.delegate";

/// Where the server is, and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delegation {
    /// The group that the server was started in.
    pub(super) home: PathBuf,
    /// The group that is delegated: mostly the same; with systemd's `DelegateSubgroup=` the one above.
    pub(super) group: PathBuf,
}

impl Delegation {
    /// Looks it up; that it may be written to is not looked at.
    pub(super) fn find() -> Result<Self, String> {
        let home = group_of("self")?;
        let above = home.parent().filter(|above| !is_marked(&home) && is_marked(above));
        let group = above.unwrap_or(&home).to_path_buf();
        Ok(Self { home, group })
    }
}

/// The folder of a process's group.
pub(super) fn group_of(process: &str) -> Result<PathBuf, String> {
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    folder(&read(&format!("/proc/{process}/cgroup"))?, &read(MOUNTS)?)
}

/// The same, by the kernel's lists of its groups and of our mounts.
fn folder(groups: &str, mounts: &str) -> Result<PathBuf, String> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let path = path.ok_or("the kernel keeps none of version 2")?;
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "));
    let mut fields = mount.ok_or("no cgroup2 is mounted")?.split(' ').skip(3);
    let (root, point) = (fields.next().unwrap_or("/"), fields.next().unwrap_or_default());
    let below = Path::new(path).strip_prefix(root);
    let below = below.map_err(|_| format!("the group {path} lies outside of what is mounted at {point}"))?;
    Ok(Path::new(point).join(below))
}

fn is_marked(group: &Path) -> bool {
    let mut value = [0; 1];
    rustix::fs::getxattr(group, MARK, &mut value).is_ok() && value == *b"1"
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTED: &str = "24 1 0:22 / /proc rw - proc proc rw\n\
        30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn a_group_lies_where_version_2_is_mounted() {
        let found = folder("0::/user.slice/app.slice/run-1.scope\n", MOUNTED).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/user.slice/app.slice/run-1.scope"));
        assert_eq!(folder("0::/\n", MOUNTED).unwrap(), Path::new("/sys/fs/cgroup"));
        let beside_version_1 = "31 23 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let found = folder("4:memory:/a\n0::/b\n", beside_version_1).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/unified/b"));
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root_of_the_mount() {
        let mounted = MOUNTED.replace("0:26 / ", "0:26 /docker/abc ");
        let found = folder("0::/docker/abc\n", &mounted).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup"));
        assert!(folder("0::/elsewhere\n", &mounted).unwrap_err().contains("outside"));
    }

    #[test]
    fn where_there_is_none_it_is_said() {
        assert!(folder("4:memory:/a\n", MOUNTED).unwrap_err().contains("none of version 2"));
        assert!(folder("0::/\n", "").unwrap_err().contains("no cgroup2"));
    }
}
