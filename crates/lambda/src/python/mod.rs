//! Python runtimes: an interpreter with AWS's own runtime interface client, found or made.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::OnceCell;

/// What an environment needs.
const PACKAGES: [&str; 2] = ["awslambdaric", "boto3"];
const MAKING_MAX: Duration = Duration::from_mins(10);
/// In an environment that is complete.
const MARKER: &str = "konekuta-complete";

/// The interpreters of this server.
pub(crate) struct Interpreters {
    /// Told by `--python`.
    told: Option<PathBuf>,
    /// Where environments are made.
    folder: PathBuf,
    /// The server's own search path.
    path: String,
    made: Mutex<HashMap<String, Arc<OnceCell<PathBuf>>>>,
}

impl Interpreters {
    pub(crate) fn new(told: Option<PathBuf>, folder: PathBuf, path: String) -> Self {
        Self { told, folder, path, made: Mutex::default() }
    }

    /// An interpreter for a runtime such as `python3.13`; made on first use. An error says what to install.
    pub(crate) async fn of(&self, runtime: &str) -> Result<PathBuf, String> {
        if let Some(told) = &self.told {
            return Ok(told.clone());
        }
        let cell = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(runtime.to_owned()).or_default())
        };
        // A failure is not kept: what was missing may be installed meanwhile.
        cell.get_or_try_init(|| self.make(runtime)).await.cloned()
    }

    async fn make(&self, runtime: &str) -> Result<PathBuf, String> {
        let system = self.find(runtime).await?;
        let environment = self.folder.join(runtime);
        let python = environment.join("bin/python");
        if environment.join(MARKER).exists() {
            return Ok(python);
        }
        tracing::info!(runtime, python = %system.display(), "making a Python environment with awslambdaric and boto3");
        let making = async {
            let venv = [Path::new("-m"), Path::new("venv"), Path::new("--clear"), &environment];
            run(Command::new(&system).args(venv), "apt-get install python3-venv").await?;
            let mut install = Command::new(&python);
            install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
            run(&mut install, "check that pip can reach its package index, or give --python an interpreter that has awslambdaric and boto3").await
        };
        tokio::time::timeout(MAKING_MAX, making).await.map_err(|_| {
            format!("making a Python environment took more than {} minutes", MAKING_MAX.as_secs() / 60)
        })??;
        std::fs::write(environment.join(MARKER), "").map_err(|error| error.to_string())?;
        Ok(python)
    }

    /// The very version if it is installed and can make environments, else the nearest: whatever `python3` is.
    pub(crate) async fn find(&self, runtime: &str) -> Result<PathBuf, String> {
        for name in [runtime, "python3"] {
            for folder in std::env::split_paths(&self.path) {
                let candidate = folder.join(name);
                if !candidate.is_file() || !works(&candidate).await {
                    continue;
                }
                if name != runtime {
                    tracing::warn!(runtime, python = %candidate.display(), "{runtime} is not installed; python3 is taken instead");
                }
                return Ok(candidate);
            }
        }
        Err(format!(
            "{runtime} needs Python with venv: install it (Debian: apt-get install python3 python3-venv), or give --python an interpreter that has awslambdaric and boto3"
        ))
    }
}

/// Whether it is a Python that can make environments: some commands of that name only say what could be installed.
async fn works(python: &Path) -> bool {
    let mut command = Command::new(python);
    command
        .args(["-c", "import venv, ensurepip"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.kill_on_drop(true).status().await.is_ok_and(|status| status.success())
}

async fn run(command: &mut Command, advice: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("{error}; {advice}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("{last}; {advice}"))
}
