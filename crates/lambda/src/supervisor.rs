//! The process between the server and a function's process: it makes the namespaces that the function lives in, sets its
//! limits, and ends it when the server is gone, however that ended.
//!
//! It is this very program, started again with `ARGUMENT`. On standard input come the ground that it prepares, and its
//! order, each a line of JSON; between them as much time may pass as it likes. The input then stays open for as long as
//! the server lives.
//! Why it is a process of its own stands in `docs/decisions/0012-a-supervisor-for-each-function.md`.

mod mounts;

use std::collections::BTreeMap;
use std::io::{BufRead as _, ErrorKind, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpgrp, getpid, kill_process, kill_process_group, prlimit,
};
use serde::{Deserialize, Serialize};

pub use mounts::{Ground, Mounts, OPT, TASK, TMP};

/// The first argument with which the program becomes a supervisor.
pub const ARGUMENT: &str = "supervise-execution-environment";
/// Open files of a function.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const FILES_MAX: u64 = 1024;
/// The supervisor itself failed; what it says stands on standard error.
const FAILED: u8 = 125;
/// As shells say that a program may not be executed, or is none of this machine's.
const NOT_EXECUTABLE: u8 = 126;
/// As shells say that there is no such program, or not the interpreter that it names.
const NOT_FOUND: u8 = 127;
/// The system's word for a program that it does not understand (`ENOEXEC`).
const FORMAT_UNKNOWN: i32 = 8;

/// What is to be started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The program, as it is called inside.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it starts in, inside.
    pub folder: PathBuf,
    /// All its variables.
    pub variables: BTreeMap<String, String>,
    /// What it sees of the machine, over the ground that was prepared; absent: everything.
    pub mounts: Option<Mounts>,
    /// The limits of a function; absent: those of the server.
    pub limits: Option<Limits>,
    /// The command that ends what the program has others run for it, as podman and docker run containers; it has the
    /// program's variables.
    pub ending: Option<Vec<String>>,
}

/// What a function may have.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// The most memory that it may map for itself, bytes; absent where a control group bounds what it uses.
    pub data_bytes_max: Option<u64>,
}

/// Carries an order out; answers the exit code.
pub fn supervise() -> u8 {
    match started() {
        Ok(Some(status)) => repeat(status),
        Ok(None) => 0,
        Err(error) => {
            eprintln!("konekuta: the execution environment cannot be made: {error}");
            exit_code(error.kind())
        }
    }
}

fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::NotFound => NOT_FOUND,
        ErrorKind::PermissionDenied => NOT_EXECUTABLE,
        _ => FAILED,
    }
}

/// Why a program cannot be started, in a sentence.
fn not_started(program: &Path, error: &std::io::Error) -> std::io::Error {
    let shown = program.display();
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::NotFound, _) if program.exists() => {
            let text = format!("{shown}: the interpreter that its first line names is not there");
            std::io::Error::new(ErrorKind::NotFound, text)
        }
        (_, Some(FORMAT_UNKNOWN)) => {
            let text = format!("{shown}: neither a program of this machine nor a script that begins with #!");
            std::io::Error::new(ErrorKind::PermissionDenied, text)
        }
        (kind, _) => std::io::Error::new(kind, format!("{shown}: {error}")),
    }
}

/// A line of the input; `None` if it has ended: nobody needs this process any more.
fn next_line<T: serde::de::DeserializeOwned>() -> std::io::Result<Option<T>> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
}

/// How the function has ended; `None` if there never was one.
fn started() -> std::io::Result<Option<ExitStatus>> {
    let Some(ground) = next_line::<Option<Ground>>()? else { return Ok(None) };
    if let Some(ground) = &ground {
        ground.prepare()?;
    }
    // Made before it is needed, as all else that can be.
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        if let Ok(ending) = told.recv() {
            end_with_the_server(ending);
        }
    });
    // After the thread: there can be no further one.
    if ground.is_some() {
        mounts::begin_processes()?;
    }
    let Some(order) = next_line::<Order>()? else { return Ok(None) };
    if let (Some(ground), Some(mounts)) = (&ground, &order.mounts) {
        mounts.lay(ground)?;
    }
    if order.limits.is_some() {
        limit(None, Resource::Core, 0)?;
        limit(None, Resource::Nofile, FILES_MAX)?;
    }
    let ending = order.ending.as_deref().and_then(|command| ending(command, &order.variables));
    tell.send(ending).map_err(std::io::Error::other)?;
    let mut child = Command::new(&order.file)
        .args(&order.arguments)
        .current_dir(&order.folder)
        .env_clear()
        .envs(&order.variables)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| not_started(&order.file, &error))?;
    // Not before it is there: this process maps more than a small function may.
    if let Some(most) = order.limits.and_then(|limits| limits.data_bytes_max) {
        let child = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        limit(child, Resource::Data, most)?;
    }
    // The function's end is the end of its output; nobody else holds it.
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    child.wait().map(Some)
}

/// The end of the input is the end of the server.
fn end_with_the_server(ending: Option<Command>) {
    let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
    if let Some(mut ending) = ending {
        let _ = ending.spawn();
    }
    let _ = kill_process_group(getpgrp(), Signal::KILL);
}

/// In a group of its own: it goes on when this one is killed, and nobody waits for it.
fn ending(command: &[String], variables: &BTreeMap<String, String>) -> Option<Command> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(variables).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some(command)
}

/// Ends as the function has ended.
fn repeat(status: ExitStatus) -> u8 {
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
    }
    u8::try_from(status.code().unwrap_or(128 + status.signal().unwrap_or(0))).unwrap_or(FAILED)
}

/// Of a process, or of this one.
fn limit(process: Option<Pid>, resource: Resource, most: u64) -> std::io::Result<()> {
    match prlimit(process, resource, Rlimit { current: Some(most), maximum: Some(most) }) {
        // It has ended already.
        Err(rustix::io::Errno::SRCH) => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// The processes that a process has started.
pub(crate) fn children(process: Pid) -> Vec<Pid> {
    let id = process.as_raw_nonzero();
    let text = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
}
