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

    /// Where functions' roots are put together.
    pub(super) fn ground(&self) -> Ground {
        Ground { root: self.scratch.join("root") }
    }

    /// What a function of a place of its own sees; absent: everything.
    pub(super) async fn mounts(
        &self,
        spec: &FunctionSpec,
        scratch: &Path,
        shared_tmp: bool,
    ) -> Option<Mounts> {
        if !self.is_wanted() || spec.image.is_some() {
            return None;
        }
        let problem = self.tried.get_or_init(|| self.problem()).await;
        if !problem.is_empty() {
            return None;
        }
        Some(self.mounts_of(scratch, &spec.code, &spec.layers, shared_tmp, spec.ephemeral_storage_mb))
    }

    fn mounts_of(
        &self,
        scratch: &Path,
        task: &Path,
        layers: &[PathBuf],
        shared_tmp: bool,
        tmp_mb: u32,
    ) -> Mounts {
        // What is laid down in them later is seen then too; a folder that comes later is not.
        for folder in self.shown.iter().filter(|path| path.starts_with(&self.hidden)) {
            let _ = std::fs::create_dir_all(folder);
        }
        let is_hidden =
            |path: &&PathBuf| path.exists() && (path.starts_with("/tmp") || path.starts_with(&self.hidden));
        Mounts {
            task: task.to_path_buf(),
            layers: layers.to_vec(),
            tmp: shared_tmp.then(|| scratch.join("tmp")),
            tmp_mb,
            hidden: self.hidden.clone(),
            shown: self.shown.iter().filter(is_hidden).cloned().collect(),
        }
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
        let scratch = tempfile::Builder::new().prefix("try").tempdir_in(&self.scratch)?;
        for folder in ["task", "tmp"] {
            std::fs::create_dir(scratch.path().join(folder))?;
        }
        let mounts = self.mounts_of(scratch.path(), &scratch.path().join("task"), &[], false, 1);
        let order = Order {
            file: "/bin/sh".into(),
            arguments: ["-c", "test -d /var/task && ! touch /var/task/x 2>/dev/null && touch /tmp/x"]
                .map(str::to_owned)
                .into(),
            folder: "/tmp".into(),
            variables: std::collections::BTreeMap::new(),
            mounts: Some(mounts),
            limits: Some(Limits { data_bytes_max: Some(1 << 30) }),
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
