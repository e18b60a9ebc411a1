//! The whole engine on simulated time, disks and journals, watching that nothing acknowledged is lost.
//!
//! One run is one seed: the same seed does the same things in the same order. `world` is what is simulated, `script`
//! what is done to it, `model` what must be true.

mod faulty_journal;
mod model;
mod script;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

/// How many runs, and which.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this seed, and tell what happens.
    #[arg(long)]
    seed: Option<u64>,
    /// So many seeds.
    #[arg(long, default_value_t = 1000)]
    runs: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Until interrupted.
    #[arg(long)]
    forever: bool,
    /// Steps of a run.
    #[arg(long, default_value_t = 120)]
    steps: u32,
}

#[allow(clippy::disallowed_methods, reason = "only how long it took, for whoever watches")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(seed) = arguments.seed {
        return one(seed, arguments.steps, true);
    }
    let begun = Instant::now();
    let mut told = begun;
    let last = if arguments.forever { u64::MAX } else { arguments.from.saturating_add(arguments.runs) };
    for seed in arguments.from..last {
        one(seed, arguments.steps, false)?;
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            println!("seed {seed}: all well so far");
        }
    }
    let runs = last - arguments.from;
    println!("{runs} runs of {} steps: all well, {:.1} s", arguments.steps, begun.elapsed().as_secs_f64());
    Ok(())
}

fn one(seed: u64, steps: u32, aloud: bool) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let ran = std::panic::catch_unwind(|| runtime.block_on(script::run(seed, steps, aloud)));
    let told = ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(anyhow!("panic: {}", text.unwrap_or_default()))
    });
    told.with_context(|| {
        format!("seed {seed} failed; again with: cargo xtask sim --seed {seed} --steps {steps}")
    })
}
