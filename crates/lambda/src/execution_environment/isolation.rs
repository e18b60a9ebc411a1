//! Whether functions live in namespaces of their own, and how each is told what it sees.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::execution::FunctionSpec;
use crate::supervisor::{self, Ground, Limits, Mounts, Order};

/// What the supervisor needs, and whether this machine lets it make namespaces.
pub(super) struct Isolation {
    /// This very program; absent in tests, where functions are started without a supervisor.
    supervisor: Option<PathBuf>,
    wanted: bool,
    /// Why there are no namespaces; empty if there are.
    tried: OnceCell<String>,
    scratch: PathBuf,
    hidden: PathBuf,
    shown: Vec<PathBuf>,
}

impl Isolation {
    pub(super) fn new(
        supervisor: Option<PathBuf>,
        wanted: bool,
        data_dir: &Path,
        python: Option<&Path>,
    ) -> Self {
        let hidden = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_path_buf());
        // The environment that an interpreter belongs to: the folder above its `bin`.
        let told = python.and_then(|python| Some(python.parent()?.parent()?.to_path_buf()));
        let shown = [hidden.join("python"), hidden.join("runtimes")].into_iter().chain(told).collect();
        let scratch = hidden.join("scratch");
        Self { supervisor, wanted, tried: OnceCell::new(), scratch, hidden, shown }
    }

    /// The program that supervises, if one does.
    pub(super) fn supervisor(&self) -> Option<&Path> {
        self.supervisor.as_deref()
    }

    /// Whether functions are to be held apart, as far as the machine allows.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted && self.supervisor.is_some()
    }

    /// What all functions see.
    pub(super) fn ground(&self) -> Ground {
        // What is laid down in them later is seen then too; a folder that comes later is not.
        for folder in self.shown.iter().filter(|path| path.starts_with(&self.hidden)) {
            let _ = std::fs::create_dir_all(folder);
        }
        let is_hidden =
            |path: &&PathBuf| path.exists() && (path.starts_with("/tmp") || path.starts_with(&self.hidden));
        Ground {
            root: self.scratch.join("root"),
            hidden: self.hidden.clone(),
            shown: self.shown.iter().filter(is_hidden).cloned().collect(),
        }
    }

    /// Whether a function lives in namespaces of its own.
    pub(super) async fn isolates(&self, spec: &FunctionSpec) -> bool {
        let possible = self.is_wanted() && spec.image.is_none();
        possible && self.tried.get_or_init(|| self.problem()).await.is_empty()
    }

    /// Tries it once: why functions cannot have namespaces here; empty if they can.
    pub(super) async fn problem(&self) -> String {
        let problem = self.try_it().await.err().map(|error| error.to_string()).unwrap_or_default();
        if !problem.is_empty() {
            tracing::warn!(problem, "functions run without namespaces of their own");
        }
        problem
    }

    async fn try_it(&self) -> std::io::Result<()> {
        let Some(supervisor) = &self.supervisor else { return Ok(()) };
        std::fs::create_dir_all(self.ground().root)?;
        let task = tempfile::Builder::new().prefix("try").tempdir_in(&self.scratch)?;
        let mounts = Mounts { task: task.path().to_path_buf(), layers: Vec::new(), tmp: None, tmp_mb: 1 };
        let order = Order {
            file: "/bin/sh".into(),
            arguments: ["-c", "test -d /var/task && ! touch /var/task/x 2>/dev/null && touch /tmp/x"]
                .map(str::to_owned)
                .into(),
            folder: "/tmp".into(),
            variables: std::collections::BTreeMap::new(),
            mounts: Some(mounts),
            limits: Some(Limits { data_bytes_max: Some(1 << 30) }),
            ending: None,
        };
        let mut child = Command::new(supervisor)
            .arg(supervisor::ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        // Held until it has ended: its end would end the child.
        let mut input = child.stdin.take();
        if let Some(input) = &mut input {
            input.write_all(&[line(&self.ground()), line(&order)].concat()).await?;
        }
        let output = child.wait_with_output().await?;
        drop(input);
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(std::io::Error::other(if text.is_empty() { output.status.to_string() } else { text }))
    }
}

/// A ground or an order as the supervisor reads it.
pub(super) fn line(told: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(told).expect("an order has text keys");
    line.push(b'\n');
    line
}
