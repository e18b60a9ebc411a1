//! Tasks of the workspace: `cargo xtask tidy` checks what the compiler does not, `cargo xtask sim` runs the engine on
//! simulated time and disks.

mod sim;
mod tidy;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Who may use whom, what files begin with, which names are banned.
    Tidy,
    /// The engine under crashes, takeovers, failing disks and jumping clocks, against a plain model of queues.
    Sim(sim::Arguments),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Tidy => tidy::run(),
        Task::Sim(arguments) => sim::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
