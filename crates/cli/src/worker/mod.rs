//! `konekuta worker -- COMMAND`, and `[workers.NAME]` in `konekuta.toml`: a command that consumes for as long as it is
//! needed, as a task of ECS would, with the environment that functions have.
//!
//! `running.rs` keeps it running, `output.rs` takes what it prints.

mod output;
mod running;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use engine::Clock;
use serde::Deserialize;

use crate::config;
use crate::connection::Connection;
use crate::serve::{THIS_PROGRAM, ended};
pub(crate) use running::Worker;

/// Keep a command running with the environment that functions have, until Ctrl-C.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Its name: what it prints is kept in the log group `/konekuta/worker/NAME`. The command's own where none is given.
    #[arg(long)]
    name: Option<String>,
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

/// A worker of `konekuta.toml`, which the server keeps running.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// The command and its arguments.
    command: Vec<String>,
    /// The folder it starts in; the server's own where none is given.
    folder: Option<PathBuf>,
    /// Variables besides those that it gets anyway.
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

pub(crate) async fn worker(arguments: Arguments, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let settings = Settings { command: arguments.command, folder: None, environment: BTreeMap::new() };
    let name = arguments.name.unwrap_or_else(|| settings.own_name());
    let worker = settings.prepare(name, &arguments.connection, clock)?;
    Worker { echo: true, ..worker }.keep_running(ended()?).await;
    Ok(())
}

impl Settings {
    /// Refuses a worker that has no command.
    pub(crate) fn prepare(
        self,
        name: String,
        connection: &Connection,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Worker> {
        let (program, arguments) =
            self.command.split_first().with_context(|| format!("worker {name} has no command"))?;
        let folder = self.folder.map_or_else(std::env::current_dir, Ok)?;
        let mut variables = config::inherited();
        variables.extend(of_functions(connection));
        variables.extend(self.environment);
        let program = lambda::process::Program {
            file: program.into(),
            arguments: arguments.to_vec(),
            folder,
            variables,
        };
        let client = connection.client(Arc::clone(&clock));
        Ok(Worker { name, program, supervisor: PathBuf::from(THIS_PROGRAM), client, echo: false, clock })
    }

    /// The last part of the command's path.
    fn own_name(&self) -> String {
        let program = self.command.first().map(std::path::Path::new).and_then(std::path::Path::file_name);
        program.map_or_else(|| "worker".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// What functions are told of where they are.
fn of_functions(connection: &Connection) -> [(String, String); 5] {
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    [
        owned("AWS_ENDPOINT_URL", &connection.endpoint),
        owned("AWS_REGION", &connection.region),
        owned("AWS_DEFAULT_REGION", &connection.region),
        owned("AWS_ACCESS_KEY_ID", &connection.access_key_id),
        owned("AWS_SECRET_ACCESS_KEY", &connection.secret_access_key),
    ]
}
