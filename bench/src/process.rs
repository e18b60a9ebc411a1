//! A server under measurement: started, watched, killed by its pid.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::client::Connection;
use crate::request::Requests;

/// Settings of a server that records no hops.
pub(crate) const WITHOUT_HISTORY: &[&str] = &["--history", "off"];

/// A running server.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start to the first answer.
    pub(crate) ready_after: Duration,
    folder: PathBuf,
    /// Gone with the server.
    #[allow(dead_code, reason = "it is held, not read")]
    temporary: Option<TempDir>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Konekuta over a new folder.
    pub(crate) async fn konekuta(program: &Path, parent: &Path, durability: &str) -> anyhow::Result<Self> {
        Self::konekuta_set(program, parent, durability, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn konekuta_set(
        program: &Path,
        parent: &Path,
        durability: &str,
        settings: &[&str],
    ) -> anyhow::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("bench-").tempdir_in(parent)?;
        let mut process = Self::started(program, temporary.path(), durability, settings).await?;
        process.temporary = Some(temporary);
        Ok(process)
    }

    /// Konekuta over a folder that stays.
    pub(crate) async fn konekuta_over(
        program: &Path,
        folder: &Path,
        durability: &str,
    ) -> anyhow::Result<Self> {
        Self::started(program, folder, durability, &[]).await
    }

    async fn started(
        program: &Path,
        folder: &Path,
        durability: &str,
        settings: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--port", "0", "--durability", durability, "--data-dir"]).arg(folder);
        command.args(settings);
        command.env("KONEKUTA_LOG", "warn");
        let process = Self::start(command, folder)
            .await
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(process)
    }

    /// The wire's ceiling.
    pub(crate) async fn wire_ceiling() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve-ceiling");
        Self::start(command, Path::new(".")).await
    }

    async fn start(mut command: Command, folder: &Path) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("its output is not there")?;
        let address = match address(output) {
            Ok(address) => address,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        let mut process = Self {
            child,
            address,
            ready_after: Duration::ZERO,
            folder: folder.to_path_buf(),
            temporary: None,
        };
        let health = b"GET /_konekuta/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
        Connection::open(address).await?.call(health).await?.success()?;
        process.ready_after = begun.elapsed();
        Ok(process)
    }

    /// Brings a template's stack up.
    pub(crate) fn up(&self, program: &Path, template: &Path, parameters: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(program);
        command.arg("up").arg(template).args(["--stack-name", "bench", "--endpoint"]);
        command.arg(format!("http://{}", self.address));
        // As `make bench` has built them.
        for (setting, value) in [("OPT_LEVEL", "3"), ("LTO", "fat"), ("CODEGEN_UNITS", "1")] {
            command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        for parameter in parameters {
            command.args(["--parameter", parameter]);
        }
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("{} did not come up: {}", template.display(), String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    pub(crate) fn requests(&self) -> Requests {
        Requests { address: self.address }
    }

    /// Resident memory, bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        // The main thread only; add the others.
        let mut nanoseconds: u64 = first(&stat)?;
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        for task in tasks {
            let task = task?;
            if task.file_name().to_string_lossy() != self.child.id().to_string() {
                nanoseconds += first(&std::fs::read_to_string(task.path().join("schedstat"))?)?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Bytes that the data folder takes on the disk, and how many of them are the history.
    pub(crate) fn disk(&self) -> anyhow::Result<(u64, u64)> {
        Ok((disk(&self.folder)?, disk(&self.folder.join("history"))?))
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

fn first(schedstat: &str) -> anyhow::Result<u64> {
    Ok(schedstat.split(' ').next().context("an empty schedstat")?.parse()?)
}

fn disk(folder: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // What was removed meanwhile takes no room.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { disk(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

/// Reads the line that tells where it listens; the rest is left unread.
fn address(output: std::process::ChildStdout) -> anyhow::Result<SocketAddr> {
    use std::io::BufRead as _;
    for line in std::io::BufReader::new(output).lines() {
        if let Some((_, address)) = line?.split_once(" at http://") {
            return Ok(address.trim().parse()?);
        }
    }
    bail!("it ended before it was ready");
}
