//! One environment: a process, its Runtime API, its own temporary folder. It takes one invocation at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::{Arn, TraceHeader};
use bytes::Bytes;
use engine::Timestamp;

use super::failure::{self, NotStarted};
use super::output::Output;
use super::process::Process;
use super::{Site, variables};
use crate::execution::{FunctionError, FunctionSpec, Invocation, Measured, Outcome};
use crate::runtime_api::{self, Answer, Exchange, Listening, Work};

/// Initialisation has so long before it counts towards the first invocation's own time.
const INIT_MAX: Duration = Duration::from_secs(10);
/// After an answer the runtime asks for its next invocation; its last lines are read by then.
const SETTLE_MAX: Duration = Duration::from_millis(100);

/// A function's environment.
pub(super) struct Environment {
    spec: Arc<FunctionSpec>,
    process: Process,
    exchange: Arc<Exchange>,
    output: Arc<Output>,
    started_at: Timestamp,
    /// Since when nobody uses it.
    pub(super) idle_since: Timestamp,
    cold: bool,
    _listening: Listening,
    /// Removed with the environment.
    _scratch: tempfile::TempDir,
}

/// How an invocation ended.
enum Ended {
    Answered(Answer),
    InitError(Bytes),
    Exited(Option<std::process::ExitStatus>),
    TimedOut,
}

impl Environment {
    /// Starts the process. Its initialisation is waited for by the first invocation.
    pub(super) async fn start(site: &Site, spec: &Arc<FunctionSpec>) -> Result<Self, NotStarted> {
        let (program, arguments) = command(site, spec).await?;
        let failed =
            |error: std::io::Error| NotStarted { kind: "Runtime.Unknown", message: error.to_string() };
        std::fs::create_dir_all(&site.scratch).map_err(failed)?;
        let scratch =
            tempfile::Builder::new().prefix(&spec.name).tempdir_in(&site.scratch).map_err(failed)?;
        let exchange = Arc::new(Exchange::new());
        let (address, listening) = runtime_api::listen(Arc::clone(&exchange)).await.map_err(failed)?;
        let variables = variables::of(site, spec, &address, scratch.path());
        let (process, pipes) =
            Process::start(&program, &arguments, &spec.code, &variables).map_err(|error| {
                let message = format!("cannot start {}: {error}", program.display());
                NotStarted { kind: "Runtime.InvalidEntrypoint", message }
            })?;
        let output = Output::new(Arc::clone(&site.logs), spec.name.clone());
        if let Some(stdout) = pipes.stdout {
            tokio::spawn(Arc::clone(&output).follow(stdout));
        }
        if let Some(stderr) = pipes.stderr {
            tokio::spawn(Arc::clone(&output).follow(stderr));
        }
        let now = site.clock.now();
        Ok(Self {
            spec: Arc::clone(spec),
            process,
            exchange,
            output,
            started_at: now,
            idle_since: now,
            cold: true,
            _listening: listening,
            _scratch: scratch,
        })
    }

    pub(super) fn version_arn(&self) -> Arn {
        self.spec.version_arn()
    }

    /// Initialises it before anybody needs it; whether it can be used.
    pub(super) async fn warm_up(&mut self) -> bool {
        let usable = self.initialised().await.is_none();
        self.cold = false;
        usable
    }

    pub(super) fn revision(&self) -> u64 {
        self.spec.revision
    }

    pub(super) fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// Asks it to end and waits until it has.
    pub(super) async fn end(self) {
        self.process.end().await;
    }

    /// Calls the function; whether the environment can be used again.
    pub(super) async fn invoke(&mut self, site: &Site, invocation: Invocation) -> (Outcome, bool) {
        let request_id = invocation.request_id.to_string();
        let cold = std::mem::replace(&mut self.cold, false);
        let early = if cold { self.initialised().await } else { None };
        let init = cold.then(|| site.clock.now().since(self.started_at));
        self.output.begin(&request_id);
        self.output.line(&format!("START RequestId: {request_id} Version: {}", self.spec.version));
        let began = site.clock.now();
        let ended = match early {
            Some(ended) => ended,
            None => self.run(site, invocation, &request_id).await,
        };
        let duration = site.clock.now().since(began);
        if matches!(ended, Ended::Answered(_)) {
            let asked = self.exchange.asked();
            // The count of asks was taken before the answer could have led to another one or not: both are fine.
            let _ = tokio::time::timeout(SETTLE_MAX, self.exchange.asked_more_than(asked.saturating_sub(1)))
                .await;
        }
        let (payload, function_error, usable) = self.judge(ended, &request_id);
        let billed = duration.as_millis().max(1) + init.map_or(0, |init| init.as_millis());
        let measured = Measured {
            init,
            duration,
            billed_ms: u64::try_from(billed).unwrap_or(u64::MAX),
            memory_mb: self.spec.memory_mb,
            memory_used_mb: self.process.memory_used_mb(),
        };
        self.report(&request_id, &measured);
        let outcome = Outcome {
            payload,
            function_error,
            log_tail: self.output.tail(),
            executed_version: self.spec.version.clone(),
            measured,
        };
        (outcome, usable)
    }

    /// Waits for the initialisation, for its own time at the most; longer ones go on within the invocation.
    async fn initialised(&self) -> Option<Ended> {
        tokio::select! {
            biased;
            error = self.exchange.initialisation_failed() => Some(Ended::InitError(error)),
            () = self.exchange.asked_more_than(0) => None,
            status = self.process.exited() => Some(Ended::Exited(status)),
            () = tokio::time::sleep(INIT_MAX) => None,
        }
    }

    async fn run(&self, site: &Site, invocation: Invocation, request_id: &str) -> Ended {
        let timeout = Duration::from_secs(self.spec.timeout_seconds.into());
        let now = site.clock.now();
        let invoked_arn = invocation.invoked_arn.as_ref().unwrap_or(&self.spec.arn).to_string();
        let trace = invocation.trace.unwrap_or_else(|| {
            TraceHeader::begin(&TraceHeader::new_trace_id(now.seconds(), site.ids.uuid().as_u128()))
        });
        let work = Work {
            request_id: request_id.to_owned(),
            payload: invocation.payload,
            deadline_ms: now.plus(timeout).0,
            function_arn: invoked_arn,
            trace: trace.to_string(),
            client_context: invocation.client_context,
        };
        let answered = self.exchange.hand_over(work).await;
        tokio::select! {
            biased;
            answer = answered => match answer {
                Ok(answer) => Ended::Answered(answer),
                Err(_) => Ended::Exited(self.process.exited().await),
            },
            error = self.exchange.initialisation_failed() => Ended::InitError(error),
            status = self.process.exited() => Ended::Exited(status),
            () = tokio::time::sleep(timeout) => Ended::TimedOut,
        }
    }

    /// The payload, whether it is an error, and whether the environment can be used again.
    fn judge(&self, ended: Ended, request_id: &str) -> (Bytes, Option<FunctionError>, bool) {
        let unhandled = Some(FunctionError::Unhandled);
        match ended {
            Ended::Answered(Answer::Response(payload)) => (payload, None, true),
            Ended::Answered(Answer::Error(document)) => (document, unhandled, true),
            Ended::Answered(Answer::TooLarge) => (failure::too_large(), unhandled, true),
            Ended::InitError(document) => {
                self.process.kill();
                (document, unhandled, false)
            }
            Ended::Exited(status) => {
                self.output.line(&format!("RequestId: {request_id} Error: {}", failure::exit_reason(status)));
                (failure::exited(request_id, status), unhandled, false)
            }
            Ended::TimedOut => {
                self.process.kill();
                let seconds = self.spec.timeout_seconds;
                self.output.line(&format!("{request_id} Task timed out after {seconds}.00 seconds"));
                (failure::timed_out(request_id, seconds), unhandled, false)
            }
        }
    }

    fn report(&self, request_id: &str, measured: &Measured) {
        self.output.line(&format!("END RequestId: {request_id}"));
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let Measured { init, duration, billed_ms, memory_mb, memory_used_mb } = measured;
        let mut text = format!(
            "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {billed_ms} ms\tMemory Size: {memory_mb} MB\tMax Memory Used: {memory_used_mb} MB\t",
            milliseconds(*duration),
        );
        if let Some(init) = init {
            let init = format!("Init Duration: {:.2} ms\t", milliseconds(*init));
            text.push_str(&init);
        }
        self.output.line(&text);
    }
}

/// The program of a runtime and its arguments.
async fn command(site: &Site, spec: &FunctionSpec) -> Result<(PathBuf, Vec<String>), NotStarted> {
    if spec.runtime.starts_with("provided") {
        // A layer that comes later lies over the earlier ones.
        let places = std::iter::once(&spec.code).chain(spec.layers.iter().rev());
        let found = places.map(|folder| folder.join("bootstrap")).find(|file| file.is_file());
        let Some(bootstrap) = found else {
            let message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned();
            return Err(NotStarted { kind: "Runtime.InvalidEntrypoint", message });
        };
        return Ok((bootstrap, Vec::new()));
    }
    if spec.runtime.starts_with("python3.") {
        let python = site.interpreters.of(&spec.runtime).await;
        let python = python.map_err(|message| NotStarted { kind: "Runtime.InvalidRuntime", message })?;
        let arguments = ["-m", "awslambdaric", &spec.handler];
        return Ok((python, arguments.map(str::to_owned).to_vec()));
    }
    let message = format!("runtime {} is not supported by Konekuta yet", spec.runtime);
    Err(NotStarted { kind: "Runtime.InvalidRuntime", message })
}
