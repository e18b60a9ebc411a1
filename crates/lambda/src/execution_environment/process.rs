//! The operating system's side: a process group that is started, watched and ended.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, kill_process_group, prlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

use super::isolation;
use crate::supervisor::{self, FILES_MAX, Ground, Limits, Mounts, Order};

/// Bytes of a page of memory, as `/proc` counts.
const PAGE_KIB: u64 = 4;

/// A program with everything it is started with.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it starts in.
    pub folder: PathBuf,
    /// All its variables.
    pub variables: BTreeMap<String, String>,
}

/// How a process is supervised.
#[derive(Debug)]
pub struct Supervision {
    /// The supervisor that waits for its order.
    pub supervisor: Supervisor,
    /// What it sees of the machine; absent: everything.
    pub mounts: Option<Mounts>,
    /// The limits of a function; absent: those of the server.
    pub limits: Option<Limits>,
    /// The file by which a process enters its control group; absent: it stays in the server's.
    pub cgroup: Option<PathBuf>,
    /// The command that ends what the process has others run, once the server is gone.
    pub ending: Option<Vec<String>>,
}

/// A supervisor that waits for its order. It ends when this is dropped.
#[derive(Debug)]
pub struct Supervisor {
    child: Child,
    input: ChildStdin,
}

impl Supervisor {
    /// Starts this very program as a supervisor that prepares a ground.
    pub async fn start(program: &Path, ground: Option<&Ground>) -> std::io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(supervisor::ARGUMENT).stdin(Stdio::piped()).env_clear();
        let mut child = grouped(&mut command).spawn()?;
        let missing = || std::io::Error::other("the supervisor has no input");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        input.write_all(&isolation::line(&ground)).await?;
        Ok(Self { child, input })
    }

    /// Whether it has not ended.
    pub(super) fn waits(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// A running process group. Dropping it kills the group.
pub struct Process {
    group: Pid,
    /// The input of the supervisor, which ends its process when this is dropped, even by a kill of this program.
    lifeline: Option<ChildStdin>,
    exited: watch::Receiver<Option<ExitStatus>>,
}

/// What the process prints.
pub struct Pipes {
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
}

impl Process {
    /// Starts a program with exactly these variables, in a group of its own.
    pub async fn start(
        program: &Program,
        supervision: Option<Supervision>,
    ) -> std::io::Result<(Self, Pipes)> {
        let (mut child, lifeline) = match supervision {
            Some(supervision) => supervised(program, supervision).await?,
            None => (bare(program)?, None),
        };
        let group = group(&child)?;
        if lifeline.is_none() {
            limit(group);
        }
        let missing = || std::io::Error::other("the process has no output");
        let pipes = Pipes {
            stdout: child.stdout.take().ok_or_else(missing)?.into_owned_fd()?,
            stderr: child.stderr.take().ok_or_else(missing)?.into_owned_fd()?,
        };
        let (tell, exited) = watch::channel(None);
        tokio::spawn(watch_over(child, group, tell));
        Ok((Self { group, lifeline, exited }, pipes))
    }

    /// Completes when the process has ended.
    pub async fn exited(&self) -> Option<ExitStatus> {
        let mut exited = self.exited.clone();
        // An error means that nobody watches any more, which happens only at the end of the program.
        exited.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.exited.borrow().is_none()
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        // It may be gone already.
        let _ = match self.worker() {
            Some(worker) if self.lifeline.is_some() => kill_process(worker, Signal::TERM),
            _ => kill_process_group(self.group, Signal::TERM),
        };
    }

    /// The process that is not the supervisor.
    fn worker(&self) -> Option<Pid> {
        if self.lifeline.is_none() {
            return Some(self.group);
        }
        supervisor::children(self.group).into_iter().next()
    }

    /// A file that the system keeps of the process.
    fn read(&self, file: &str) -> String {
        let path = self.worker().map(|worker| format!("/proc/{}/{file}", worker.as_raw_nonzero()));
        path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// Kills the whole group at once.
    pub(super) fn kill(&self) {
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    /// Waits a while for the group's leader, and kills what is left.
    pub async fn end_within(&self, grace: Duration) {
        let _ = tokio::time::timeout(grace, self.exited()).await;
        self.kill();
        self.exited().await;
    }

    /// The most memory it has used so far, MB.
    pub(super) fn memory_peak_mb(&self) -> u64 {
        let status = self.read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.unwrap_or(0).div_ceil(1024)
    }

    /// The memory that it uses now and shares with nobody, MB.
    pub(super) fn memory_mb(&self) -> u64 {
        let pages = self.read("statm");
        let mut pages = pages.split(' ').skip(1).map(|text| text.parse::<u64>().unwrap_or(0));
        let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
        resident.saturating_sub(shared) * PAGE_KIB / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In a group of its own, what it prints in pipes.
fn grouped(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true)
}

fn group(child: &Child) -> std::io::Result<Pid> {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    id.ok_or_else(|| std::io::Error::other("the process has no id"))
}

fn bare(program: &Program) -> std::io::Result<Child> {
    let mut command = Command::new(&program.file);
    command.args(&program.arguments).current_dir(&program.folder).stdin(Stdio::null());
    grouped(command.env_clear().envs(&program.variables)).spawn()
}

async fn supervised(
    program: &Program,
    supervision: Supervision,
) -> std::io::Result<(Child, Option<ChildStdin>)> {
    let Supervision { supervisor: Supervisor { child, mut input }, mounts, limits, cgroup, ending } =
        supervision;
    // Before it has its order: whatever it starts is in the control group, too.
    if let Some(cgroup) = &cgroup {
        tokio::fs::write(cgroup, group(&child)?.as_raw_nonzero().to_string()).await?;
    }
    let order = Order {
        file: program.file.clone(),
        arguments: program.arguments.clone(),
        folder: program.folder.clone(),
        variables: program.variables.clone(),
        mounts,
        limits,
        ending,
    };
    input.write_all(&isolation::line(&order)).await?;
    Ok((child, Some(input)))
}

/// Waits for the leader; what is left of its group ends with it.
async fn watch_over(mut child: Child, group: Pid, tell: watch::Sender<Option<ExitStatus>>) {
    let status = child.wait().await.unwrap_or_default();
    let _ = kill_process_group(group, Signal::KILL);
    tell.send_replace(Some(status));
}

fn limit(process: Pid) {
    let at_most = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    for (resource, most) in [(Resource::Core, 0), (Resource::Nofile, FILES_MAX)] {
        if let Err(error) = prlimit(Some(process), resource, at_most(most)) {
            tracing::debug!(%error, ?resource, "a limit could not be set");
        }
    }
}
