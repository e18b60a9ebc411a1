//! The command line: `serve` runs the server, everything else is a signed client of one.

mod backup;
mod check;
mod config;
mod connection;
mod doctor;
mod history_setting;
mod logs;
mod replay;
mod serve;
mod start;
mod store_actions;
mod trace;
mod up;
mod worker;
mod xray_daemon_setting;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[derive(Parser, Debug)]
#[command(name = "konekuta", version, about)]
enum Command {
    Serve(Box<config::Settings>),
    Up(up::Up),
    Down(up::Down),
    Logs(logs::Logs),
    Trace(trace::Trace),
    Start(start::Start),
    Replay(Box<replay::Replay>),
    Check(check::Check),
    Doctor(Box<doctor::Doctor>),
    Worker(worker::Arguments),
    Backup(backup::Backup),
    Restore(backup::Restore),
}

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Before anything starts a thread: what supervises a function must have one.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == lambda::supervisor::ARGUMENT) {
        return lambda::supervisor::supervise().into();
    }
    let filter = EnvFilter::builder()
        .with_env_var("KONEKUTA_LOG")
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let command = Command::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(request_threads().into())
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("konekuta: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Threads that answer requests, and partitions of a new store: half the cores. The other half goes to the journals'
/// threads, to functions and to clients on the same machine (docs/decisions/0005).
fn request_threads() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores / 2).unwrap_or(u16::MAX).max(1)
}

async fn run(command: Command) -> anyhow::Result<()> {
    let clock = || Arc::new(local::SystemClock::default());
    match command {
        Command::Serve(settings) => serve::serve(settings.resolve()?, request_threads()).await,
        Command::Doctor(arguments) => doctor::doctor(*arguments, clock()).await,
        Command::Worker(arguments) => worker::worker(arguments, clock()).await,
        Command::Up(arguments) => up::up(arguments, clock()).await,
        Command::Down(arguments) => up::down(arguments, clock()).await,
        Command::Logs(arguments) => logs::logs(arguments, clock()).await,
        Command::Trace(arguments) => trace::trace(arguments, clock()).await,
        Command::Start(arguments) => start::start(arguments, clock()).await,
        Command::Replay(arguments) => replay::replay(*arguments, clock()).await,
        Command::Check(arguments) => check::check(&arguments),
        Command::Backup(arguments) => backup::backup(arguments, clock()).await,
        Command::Restore(arguments) => backup::restore(&arguments),
    }
}
