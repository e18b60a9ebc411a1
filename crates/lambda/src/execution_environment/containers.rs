//! Containers that functions of images run in: a process of podman or docker is watched as any other, but its end is not
//! the container's, so each is removed by its name. The names are kept in files, for those that a killed server leaves.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::cgroups::Usage;

/// podman or docker have so long to remove a container.
const REMOVAL_MAX: Duration = Duration::from_secs(20);
/// They have so long to tell of one.
const INSPECTION_MAX: Duration = Duration::from_secs(2);
/// How engines, like shells, say that a signal has ended a process: by this much more than its number.
const SIGNALS: i32 = 128;

/// What containers of a server need.
#[derive(Debug)]
pub(super) struct Containers {
    /// The files with names.
    folder: PathBuf,
    /// By which podman and docker find their images and daemons.
    pub(super) variables: BTreeMap<String, String>,
}

/// One container, from before it is started.
#[derive(Clone, Debug)]
pub(super) struct Container {
    engine: PathBuf,
    pub(super) name: String,
    file: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Containers {
    pub(super) fn new(data_dir: &Path, variables: BTreeMap<String, String>) -> Self {
        Self { folder: data_dir.join("containers"), variables }
    }

    /// A name for a container that is about to be started.
    pub(super) fn name(&self, engine: &Path, name: String) -> std::io::Result<Container> {
        std::fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(&name);
        std::fs::write(&file, engine.display().to_string())?;
        Ok(Container { engine: engine.to_path_buf(), name, file, variables: self.variables.clone() })
    }

    /// Those that were not removed.
    pub(super) fn leftovers(&self) -> Vec<Container> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let left = files.filter_map(|entry| {
            let engine = std::fs::read_to_string(entry.path()).ok()?.into();
            let name = entry.file_name().into_string().ok()?;
            Some(Container { engine, name, file: entry.path(), variables: self.variables.clone() })
        });
        left.collect()
    }
}

impl Container {
    /// The command that ends it and removes what is left of it.
    pub(super) fn removal(&self) -> Vec<String> {
        let engine = self.engine.display().to_string();
        [&engine, "rm", "--force", &self.name].map(str::to_owned).into()
    }

    /// Ends it and removes what is left of it.
    pub(super) async fn remove(self) {
        let removed = tokio::time::timeout(REMOVAL_MAX, self.command(&self.removal()).status());
        match removed.await {
            // One that is not there is an error to some.
            Ok(Ok(_)) => drop(std::fs::remove_file(&self.file)),
            Ok(Err(error)) => tracing::warn!(%error, name = self.name, "a container is not removed"),
            Err(_) => tracing::warn!(name = self.name, "a container is not removed in time"),
        }
    }

    /// Where the kernel counts what it uses: a control group of version 2, if its processes are this machine's.
    pub(super) async fn usage(&self) -> Option<Usage> {
        let engine = self.engine.display().to_string();
        let inspection = [&engine, "container", "inspect", "--format", "{{.Id}} {{.State.Pid}}", &self.name];
        let mut command = self.command(&inspection.map(str::to_owned));
        let told = tokio::time::timeout(INSPECTION_MAX, command.stdout(Stdio::piped()).output()).await;
        let told = String::from_utf8(told.ok()?.ok()?.stdout).ok()?;
        let (id, process) = told.trim().split_once(' ').filter(|(id, _)| !id.is_empty())?;
        Usage::of_container(id, process)
    }

    /// A command of its engine's, which says nothing.
    fn command(&self, program_and_arguments: &[String]) -> Command {
        let mut command = Command::new(&program_and_arguments[0]);
        command.args(&program_and_arguments[1..]).env_clear().envs(&self.variables);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// How what ran in a container has ended, from how its engine's process has.
pub(super) fn inside(status: ExitStatus) -> ExitStatus {
    match status.code() {
        Some(code) if code > SIGNALS => ExitStatus::from_raw(code - SIGNALS),
        _ => status,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_container_is_removed_by_its_name_also_after_the_server_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let engine = folder.path().join("podman");
        let script = "#!/bin/sh\necho $HOME $@ >> \"$SEEN\"\n";
        std::fs::write(&engine, script).unwrap();
        std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
        let seen = folder.path().join("seen");
        let variables = [("HOME", "/home/me".to_owned()), ("SEEN", seen.display().to_string())];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let containers = Containers::new(folder.path(), variables);
        let first = containers.name(&engine, "konekuta-f-1".to_owned()).unwrap();
        containers.name(&engine, "konekuta-f-2".to_owned()).unwrap();
        first.remove().await;
        let left = containers.leftovers();
        assert_eq!(left.iter().map(|left| left.name.as_str()).collect::<Vec<_>>(), ["konekuta-f-2"]);
        for left in left {
            left.remove().await;
        }
        assert!(containers.leftovers().is_empty());
        let said = std::fs::read_to_string(seen).unwrap();
        assert_eq!(said, "/home/me rm --force konekuta-f-1\n/home/me rm --force konekuta-f-2\n");
    }

    #[test]
    fn an_engine_tells_a_signal_by_its_exit_code() {
        assert_eq!(inside(ExitStatus::from_raw(137 << 8)).signal(), Some(9));
        assert_eq!(inside(ExitStatus::from_raw(3 << 8)).code(), Some(3));
    }
}
