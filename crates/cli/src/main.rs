//! The command line: `serve` runs the server, everything else is a signed client of one.

mod config;
mod connection;
mod logs;
mod serve;
mod up;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[derive(Parser, Debug)]
#[command(name = "konekuta", version, about)]
enum Command {
    Serve(config::Settings),
    Up(up::Up),
    Down(up::Down),
    Logs(logs::Logs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::builder()
        .with_env_var("KONEKUTA_LOG")
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match run(Command::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("konekuta: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    let clock = || Arc::new(local::SystemClock::default());
    match command {
        Command::Serve(settings) => serve::serve(settings.resolve()?).await,
        Command::Up(arguments) => up::up(arguments, clock()).await,
        Command::Down(arguments) => up::down(arguments, clock()).await,
        Command::Logs(arguments) => logs::logs(arguments, clock()).await,
    }
}
