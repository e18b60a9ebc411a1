//! What Lambda says of an environment's life: lines of the log and events of its telemetry, in AWS's words.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::fmt::Write as _;
use std::time::Duration;

use aws::timestamp;
use engine::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use super::output::{Output, Said};
use super::variables::{Place, initialization_type};
use crate::execution::{FunctionSpec, Measured};
use crate::logging_config::LogLevel;

/// Why an initialisation runs: before the first invocation, or within it because the first has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Init,
    Invoke,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Invoke => "invoke",
        }
    }
}

/// How an invocation went.
pub(super) struct Report<'a> {
    pub(super) spec: &'a FunctionSpec,
    pub(super) request_id: &'a str,
    pub(super) trace: &'a str,
    pub(super) duration: Duration,
    pub(super) init: Option<Duration>,
    pub(super) memory_used_mb: u64,
    /// When it began.
    pub(super) began: Timestamp,
    /// What ended it, if not its answer.
    pub(super) failure: Option<&'a Failure>,
    /// The kind of error that its answer is.
    pub(super) error: Option<String>,
    /// From the invocation to the first byte of the answer, and from there to its last.
    pub(super) response: Option<(Duration, Duration)>,
    pub(super) produced_bytes: usize,
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}

/// AWS names each runtime's build by a digest; here there is one build, named by the runtime's own digest.
fn runtime_version_arn(spec: &FunctionSpec) -> String {
    let digest = hex::encode(Sha256::digest(spec.runtime.as_bytes()));
    format!("arn:aws:lambda:{}::runtime:{digest}", spec.region)
}

pub(super) async fn init_start(output: &Output, spec: &FunctionSpec, place: &Place, phase: Phase) {
    let version = spec.runtime.replacen("python", "python:", 1).replacen("nodejs", "nodejs:", 1);
    let arn = runtime_version_arn(spec);
    let text = if phase == Phase::Init {
        format!("INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}")
    } else {
        String::new()
    };
    let record = || {
        json!({
            "initializationType": initialization_type(place), "phase": phase.as_str(), "runtimeVersion": version,
            "runtimeVersionArn": arn, "functionName": spec.name, "functionVersion": spec.version,
            "instanceMaxMemory": u64::from(spec.memory_mb) << 20,
        })
    };
    output.say(Said { level: LogLevel::Info, text, name: "platform.initStart", record }).await;
}

/// An initialisation has ended.
pub(super) async fn init_done(
    output: &Output,
    place: &Place,
    phase: Phase,
    took: Duration,
    failure: Option<&Failure>,
) {
    let initialization_type = initialization_type(place);
    let status = failure.map_or("success", Failure::status);
    let kind = failure.and_then(Failure::kind);
    let level = if failure.is_some() { LogLevel::Warn } else { LogLevel::Debug };
    let record = || {
        with_kind(
            json!({"initializationType": initialization_type, "phase": phase.as_str(), "status": status}),
            kind.as_deref(),
        )
    };
    let said = Said { level, text: String::new(), name: "platform.initRuntimeDone", record };
    output.say(said).await;
    let text = match failure {
        Some(_) => format!(
            "INIT_REPORT Init Duration: {:.2} ms\tPhase: {}\tStatus: {status}{}",
            milliseconds(took),
            phase.as_str(),
            kind.as_ref().map(|kind| format!("\tError Type: {kind}")).unwrap_or_default()
        ),
        None => String::new(),
    };
    let record = || {
        let document = json!({
            "initializationType": initialization_type, "phase": phase.as_str(), "status": status,
            "metrics": {"durationMs": milliseconds(took)},
        });
        with_kind(document, kind.as_deref())
    };
    output.say(Said { level, text, name: "platform.initReport", record }).await;
}

/// An extension has registered and initialised.
pub(super) async fn extension_ready(output: &Output, name: &str, events: &[&str]) {
    let text = format!("EXTENSION\tName: {name}\tState: Ready\tEvents: [{}]", events.join(", "));
    let record = || json!({"name": name, "state": "Ready", "events": events});
    output.say(Said { level: LogLevel::Info, text, name: "platform.extension", record }).await;
}

pub(super) async fn start(output: &Output, spec: &FunctionSpec, request_id: &str, trace: &str) {
    let text = format!("START RequestId: {request_id} Version: {}", spec.version);
    let record = || json!({"requestId": request_id, "version": spec.version, "tracing": tracing(trace)});
    output.say(Said { level: LogLevel::Info, text, name: "platform.start", record }).await;
}

impl Report<'_> {
    fn status(&self) -> &'static str {
        match (self.failure, &self.error) {
            (Some(failure), _) => failure.status(),
            (None, Some(_)) => "failure",
            (None, None) => "success",
        }
    }

    fn kind(&self) -> Option<String> {
        self.failure.and_then(Failure::kind).or_else(|| self.error.clone())
    }

    fn level(&self, fine: LogLevel) -> LogLevel {
        if self.status() == "success" { fine } else { LogLevel::Warn }
    }

    fn billed_ms(&self) -> u64 {
        let whole = self.duration + self.init.unwrap_or_default();
        u64::try_from(whole.as_micros().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
    }

    /// What it took.
    pub(super) fn measured(&self) -> Measured {
        Measured {
            init: self.init,
            duration: self.duration,
            billed_ms: self.billed_ms(),
            memory_mb: self.spec.memory_mb,
            memory_used_mb: self.memory_used_mb,
        }
    }

    /// The runtime has answered, or has ended.
    pub(super) async fn runtime_done(&self, output: &Output) {
        let record = || {
            let mut document = json!({
                "requestId": self.request_id, "status": self.status(), "tracing": tracing(self.trace),
                "metrics": {"durationMs": milliseconds(self.duration), "producedBytes": self.produced_bytes},
            });
            if let Some((latency, duration)) = self.response {
                document["spans"] = json!([
                    span("responseLatency", self.began, latency),
                    span("responseDuration", self.began.plus(latency), duration),
                ]);
            }
            with_kind(document, self.kind().as_deref())
        };
        let text = format!("END RequestId: {}", self.request_id);
        let level = self.level(LogLevel::Debug);
        output.say(Said { level, text, name: "platform.runtimeDone", record }).await;
    }

    /// The invocation is over, extensions included.
    pub(super) async fn report(&self, output: &Output) {
        let record = || {
            let mut metrics = json!({
                "durationMs": milliseconds(self.duration), "billedDurationMs": self.billed_ms(),
                "memorySizeMB": self.spec.memory_mb, "maxMemoryUsedMB": self.memory_used_mb,
            });
            if let Some(init) = self.init {
                metrics["initDurationMs"] = json!(milliseconds(init));
            }
            let document = json!({
                "requestId": self.request_id, "status": self.status(), "metrics": metrics,
                "tracing": tracing(self.trace),
            });
            with_kind(document, self.kind().as_deref())
        };
        let level = self.level(LogLevel::Info);
        output.say(Said { level, text: self.text(), name: "platform.report", record }).await;
    }

    fn text(&self) -> String {
        let mut text = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: \
             {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            self.billed_ms(),
            self.spec.memory_mb,
            self.memory_used_mb
        );
        if let Some(init) = self.init {
            let _ = write!(text, "Init Duration: {:.2} ms\t", milliseconds(init));
        }
        if let Some(failure) = self.failure {
            let _ = write!(text, "Status: {}", failure.status());
            if let Some(kind) = failure.kind() {
                let _ = write!(text, "\tError Type: {kind}");
            }
        }
        text
    }
}

fn span(name: &str, start: Timestamp, duration: Duration) -> Json {
    json!({"name": name, "start": timestamp::iso_milliseconds(start.0), "durationMs": milliseconds(duration)})
}

fn tracing(trace: &str) -> Json {
    json!({"type": "X-Amzn-Trace-Id", "value": trace})
}

fn with_kind(mut document: Json, kind: Option<&str>) -> Json {
    if let Some(kind) = kind {
        document["errorType"] = Json::from(kind);
    }
    document
}
