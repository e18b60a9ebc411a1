//! What a process prints, line by line, told to the function's log and to the running invocation's tail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::function_log::FunctionLogs;

/// `X-Amz-Log-Result` carries so much, bytes.
const TAIL_BYTES_MAX: usize = 4096;

/// The output of one environment.
pub(super) struct Output {
    logs: Arc<FunctionLogs>,
    function: String,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    request_id: Option<String>,
    tail: Vec<u8>,
}

impl Output {
    pub(super) fn new(logs: Arc<FunctionLogs>, function: String) -> Arc<Self> {
        Arc::new(Self { logs, function, running: Mutex::default() })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a pipe until it is closed.
    pub(super) async fn follow(self: Arc<Self>, pipe: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            line.clear();
            // An error is the end of the pipe too: the process is gone.
            match reader.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.line(String::from_utf8_lossy(&line).trim_end_matches('\n')),
            }
        }
    }

    /// A line of the function's or of Lambda's own.
    pub(super) fn line(&self, message: &str) {
        let mut running = self.running();
        running.tail.extend_from_slice(message.as_bytes());
        running.tail.push(b'\n');
        let excess = running.tail.len().saturating_sub(TAIL_BYTES_MAX);
        running.tail.drain(..excess);
        self.logs.write(&self.function, running.request_id.as_deref(), message);
    }

    /// From now on lines belong to this invocation.
    pub(super) fn begin(&self, request_id: &str) {
        let mut running = self.running();
        // What was printed while the environment initialised belongs to the invocation that it was started for.
        if running.request_id.is_some() {
            running.tail.clear();
        }
        running.request_id = Some(request_id.to_owned());
    }

    /// The last lines of the invocation.
    pub(super) fn tail(&self) -> Bytes {
        Bytes::copy_from_slice(&self.running().tail)
    }
}
