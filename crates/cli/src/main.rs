//! The command line: `serve` runs the server, everything else is a signed client of one.

mod connection;
mod up;

use std::sync::Arc;

use clap::Parser;

#[derive(Parser, Debug)]
#[command(name = "konekuta", version, about)]
enum Command {
    Up(up::Up),
    Down(up::Down),
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let clock: Arc<dyn engine::Clock> = Arc::new(local::SystemClock::default());
    let done = match Command::parse() {
        Command::Up(arguments) => up::up(arguments, clock).await,
        Command::Down(arguments) => up::down(arguments, clock).await,
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("konekuta: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
