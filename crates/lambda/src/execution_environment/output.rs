//! What an environment prints, line by line, and what Lambda says of it: told to the log stream, to the running
//! invocation's tail, and to extensions that subscribe.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::timestamp;
use bytes::Bytes;
use engine::Clock;
use serde_json::{Value as Json, json};
use service::Ports;
use service::ports::{LogEvent, LogStream};
use tokio::sync::mpsc;

use crate::logging_config::{LogFormat, LogLevel, LoggingConfig};
use crate::runtime_api::{Kind, Telemetry};

/// `X-Amz-Log-Result` carries so much, bytes.
const TAIL_BYTES_MAX: usize = 4096;
/// Lines that wait to be written; then what prints waits.
const LINES_WAITING_MAX: usize = 512;

/// The output of one environment.
pub(super) struct Output {
    lines: mpsc::Sender<LogEvent>,
    clock: Arc<dyn Clock>,
    logging: LoggingConfig,
    telemetry: Arc<Telemetry>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    request_id: Option<String>,
    tail: Vec<u8>,
}

/// Something that Lambda says: as a line of text, and as an event.
pub(super) struct Said<F> {
    pub(super) level: LogLevel,
    /// How the text form has it; absent there if empty.
    pub(super) text: String,
    pub(super) name: &'static str,
    pub(super) record: F,
}

impl Output {
    /// Lines go to a log stream until the last holder of the output is gone.
    pub(super) fn new(
        ports: &Ports,
        stream: Arc<LogStream>,
        clock: Arc<dyn Clock>,
        logging: LoggingConfig,
        telemetry: Arc<Telemetry>,
    ) -> Arc<Self> {
        let (lines, taken) = mpsc::channel(LINES_WAITING_MAX);
        tokio::spawn(write(ports.clone(), stream, taken));
        Arc::new(Self { lines, clock, logging, telemetry, running: Mutex::default() })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line that the function or an extension has printed.
    pub(super) async fn printed(&self, kind: Kind, message: String) {
        let name = if kind == Kind::Extension { "extension" } else { "function" };
        self.telemetry.emit(kind, name, || Json::String(message.clone()));
        if self.is_wanted(&message) {
            self.add(message).await;
        }
    }

    /// Whether the level that a structured line says it has is one that is logged.
    fn is_wanted(&self, message: &str) -> bool {
        if self.logging.format == LogFormat::Text || !message.starts_with('{') {
            return true;
        }
        let least = self.logging.application_level.unwrap_or(LogLevel::Info);
        let level = serde_json::from_str::<Json>(message)
            .ok()
            .and_then(|document| LogLevel::parse(document.get("level")?.as_str()?));
        level.is_none_or(|level| level >= least)
    }

    /// Something that Lambda says.
    pub(super) async fn say<F: Fn() -> Json>(&self, said: Said<F>) {
        let Said { level, text, name, record } = said;
        self.telemetry.emit(Kind::Platform, name, &record);
        match self.logging.format {
            LogFormat::Text if text.is_empty() => {}
            LogFormat::Text => self.add(text).await,
            LogFormat::Json if level >= self.logging.system_level.unwrap_or(LogLevel::Info) => {
                let time = timestamp::iso_milliseconds(self.clock.now().0);
                self.add(json!({"time": time, "type": name, "record": record()}).to_string()).await;
            }
            LogFormat::Json => {}
        }
    }

    /// A line of Lambda's own that is no event, such as what became of a process.
    pub(super) async fn note(&self, text: String) {
        match self.logging.format {
            LogFormat::Text => self.add(text).await,
            LogFormat::Json => {
                let time = timestamp::iso_milliseconds(self.clock.now().0);
                self.add(json!({"timestamp": time, "level": "ERROR", "message": text}).to_string()).await;
            }
        }
    }

    async fn add(&self, message: String) {
        let request_id = {
            let mut running = self.running();
            let skipped = message.len().saturating_sub(TAIL_BYTES_MAX);
            running.tail.extend_from_slice(&message.as_bytes()[skipped..]);
            running.tail.push(b'\n');
            let excess = running.tail.len().saturating_sub(TAIL_BYTES_MAX);
            running.tail.drain(..excess);
            running.request_id.clone()
        };
        let event = LogEvent { timestamp: self.clock.now(), message, request_id };
        // Whoever writes lives as long as `self`.
        let _ = self.lines.send(event).await;
    }

    /// From now on lines belong to this invocation.
    pub(super) fn begin(&self, request_id: &str) {
        let mut running = self.running();
        // What was printed while the environment initialised belongs to the invocation that it was started for.
        if running.request_id.as_deref().is_some_and(|before| before != request_id) {
            running.tail.clear();
        }
        running.request_id = Some(request_id.to_owned());
    }

    /// The last lines of the invocation.
    pub(super) fn tail(&self) -> Bytes {
        Bytes::copy_from_slice(&self.running().tail)
    }
}

/// Writes lines as many at once as have come meanwhile.
async fn write(ports: Ports, stream: Arc<LogStream>, mut lines: mpsc::Receiver<LogEvent>) {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, LINES_WAITING_MAX).await > 0 {
        let events = std::mem::take(&mut batch);
        let count = events.len();
        let written = match ports.logs() {
            Ok(logs) => logs.write(Arc::clone(&stream), events).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(group = stream.group, count, %error, "lines of a function's log are lost");
        }
    }
}
