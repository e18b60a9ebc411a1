//! Keeps a worker running: started again when it ends, later each time that it ends soon; ended with its process group.

use std::path::PathBuf;
use std::time::Duration;

use client::Client;
use engine::Clock;
use lambda::process::{Process, Program, Supervision, Supervisor};

use super::output::Output;

/// Wait before the first start after an end, and the longest.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(200)..=Duration::from_secs(30);
/// A worker that ran so long is started again without delay.
const STEADY: Duration = Duration::from_mins(1);
/// A worker that is told to end gets so long, as a task of ECS does.
const GRACE: Duration = Duration::from_secs(30);

/// A worker that is kept running.
pub(crate) struct Worker {
    pub(super) name: String,
    pub(super) program: Program,
    /// This very program, which ends the worker when it is gone itself, however that came.
    pub(super) supervisor: PathBuf,
    /// Keeps what it prints.
    pub(super) client: Client,
    /// Whether what it prints is also printed here.
    pub(super) echo: bool,
    pub(super) clock: std::sync::Arc<dyn Clock>,
}

impl Worker {
    /// Returns when `stop` has completed and nothing of the worker runs any more.
    pub(crate) async fn keep_running(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut wait = *BACKOFF.start();
        loop {
            let began = self.clock.now();
            let how = match self.start().await {
                Ok((process, output)) => {
                    let status = tokio::select! {
                        status = process.exited() => status,
                        () = &mut stop => return self.end(process, output).await,
                    };
                    output.finish().await;
                    status.map_or_else(|| "gone".to_owned(), |status| status.to_string())
                }
                Err(error) => error.to_string(),
            };
            let ran = self.clock.now().since(began);
            if ran >= STEADY {
                wait = *BACKOFF.start();
            }
            tracing::warn!(worker = self.name, how, ?ran, again_in = ?wait, "a worker has ended");
            tokio::select! {
                () = self.clock.sleep_until(self.clock.now().plus(wait)) => {}
                () = &mut stop => return,
            }
            wait = (wait * 2).min(*BACKOFF.end());
        }
    }

    async fn start(&self) -> std::io::Result<(Process, Output)> {
        let supervisor = Supervisor::start(&self.supervisor, None).await?;
        let supervision = Supervision { supervisor, mounts: None, limits: None, cgroup: None, ending: None };
        let (process, pipes) = Process::start(&self.program, Some(supervision)).await?;
        let output = Output::follow(pipes, self)?;
        tracing::info!(worker = self.name, "a worker runs");
        Ok((process, output))
    }

    async fn end(&self, process: Process, output: Output) {
        tracing::info!(worker = self.name, "a worker is told to end");
        process.terminate();
        process.end_within(GRACE).await;
        output.finish().await;
    }
}
