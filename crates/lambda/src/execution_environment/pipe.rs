//! A pipe that a process prints to, cut into lines.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::net::unix::pipe::Receiver;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::output::Output;
use crate::runtime_api::Kind;

/// A longer line becomes several, bytes.
const LINE_BYTES_MAX: usize = 256 << 10;
/// What is read at once, bytes.
const READ_BYTES: usize = 16 << 10;

/// A pipe that is followed until it is dropped.
pub(super) struct Pipe {
    lines: Arc<Mutex<Lines>>,
    follower: JoinHandle<()>,
}

struct Lines {
    pipe: Arc<Receiver>,
    output: Arc<Output>,
    kind: Kind,
    begun: Vec<u8>,
    /// What is read into. Not in the future, which would be as large.
    bytes: Box<[u8]>,
}

impl Pipe {
    /// Reads one end of a pipe.
    pub(super) fn follow(end: OwnedFd, output: Arc<Output>, kind: Kind) -> io::Result<Self> {
        let pipe = Arc::new(Receiver::from_owned_fd(end)?);
        let bytes = vec![0; READ_BYTES].into_boxed_slice();
        let lines = Lines { pipe: Arc::clone(&pipe), output, kind, begun: Vec::new(), bytes };
        let lines = Arc::new(Mutex::new(lines));
        let follower = tokio::spawn(follow(pipe, Arc::clone(&lines)));
        Ok(Self { lines, follower })
    }

    /// Reads what is there: all that the process printed before it did what was just seen of it.
    pub(super) async fn drain(&self) {
        self.lines.lock().await.read().await;
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // Some child may hold the other end for ever.
        self.follower.abort();
    }
}

async fn follow(pipe: Arc<Receiver>, lines: Arc<Mutex<Lines>>) {
    while pipe.readable().await.is_ok() {
        if lines.lock().await.read().await {
            return;
        }
    }
}

impl Lines {
    /// Reads until nothing is there; whether the pipe has ended.
    async fn read(&mut self) -> bool {
        loop {
            match self.pipe.try_read(&mut self.bytes) {
                Ok(0) => {
                    self.last().await;
                    return true;
                }
                Ok(count) => self.take(count).await,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }

    async fn take(&mut self, count: usize) {
        let mut from = 0;
        while let Some(length) = self.bytes[from..count].iter().position(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(&self.bytes[from..from + length]);
            from += length + 1;
            self.line().await;
        }
        self.begun.extend_from_slice(&self.bytes[from..count]);
        if self.begun.len() >= LINE_BYTES_MAX {
            self.line().await;
        }
    }

    async fn line(&mut self) {
        let line = String::from_utf8_lossy(&self.begun).into_owned();
        self.begun.clear();
        self.output.printed(self.kind, line).await;
    }

    async fn last(&mut self) {
        if !self.begun.is_empty() {
            self.line().await;
        }
    }
}
