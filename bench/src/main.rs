//! `make bench`: Konekuta's speed and size, as ratios to what the wire and the disk of the same machine can do in the
//! same run. What is measured and how stands in `bench/README.md`.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#![allow(clippy::cast_precision_loss, reason = "figures are read by people")]

mod client;
mod disk_ceiling;
mod function_ceiling;
mod load;
mod process;
mod request;
mod runtime_ceiling;
mod table;
mod wire_ceiling;
mod works;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;

use crate::table::Table;

/// Measure Konekuta.
#[derive(Parser, Debug, Clone)]
struct Arguments {
    /// The server's program.
    #[arg(long, default_value = "target/release/konekuta")]
    program: PathBuf,
    /// Measure another endpoint instead (`http://127.0.0.1:9324`): the works that need nothing but requests.
    #[arg(long)]
    endpoint: Option<String>,
    /// Seconds that each rate is measured for, after a third of it to warm up.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often each rate is measured, the ceilings in turn with everything else; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Messages of the backlog.
    #[arg(long, default_value_t = 1_000_000)]
    backlog: u64,
    /// Requests a second for the latency at a fixed rate.
    #[arg(long, default_value_t = 2_000.0)]
    rate: f64,
    /// Only works whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// Where the functions' templates lie, their programs built.
    #[arg(long, default_value = "bench/functions")]
    functions: PathBuf,
    /// An interpreter that has awslambdaric and boto3; without it no Python functions are measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where the figures go as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where data folders are made; a disk, not a memory file system.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
    /// Serve the wire's ceiling; used by the benchmark itself.
    #[arg(long, hide = true)]
    serve_ceiling: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.serve_ceiling {
        return wire_ceiling::serve();
    }
    std::fs::create_dir_all(&arguments.folder).context("cannot make the folder for data")?;
    // One thread: the client must leave the other core to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::default();
    let measured = runtime.block_on(works::run(&arguments, &mut table));
    table.print();
    if let Some(path) = &arguments.json {
        std::fs::write(path, table.json()?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    measured
}
