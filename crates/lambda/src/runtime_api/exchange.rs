//! What passes between an environment and its runtime: one invocation at a time, and one answer to each.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::execution::Piece;

/// An invocation for the runtime.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) deadline_ms: u64,
    pub(crate) function_arn: String,
    pub(crate) trace: String,
    pub(crate) client_context: Option<String>,
    pub(crate) cognito_identity: Option<String>,
    pub(crate) tenant_id: Option<String>,
}

/// What the runtime said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Response(Bytes),
    /// An error document of the runtime's, and the kind of error that its header names.
    Error {
        document: Bytes,
        kind: Option<String>,
    },
    /// More bytes than an answer may have.
    TooLarge,
}

/// An answer and when it came.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    /// Its first byte, and its last.
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    /// Bytes of the response.
    pub(crate) bytes: usize,
}

struct Current {
    request_id: String,
    pieces: Option<mpsc::Sender<Piece>>,
    /// Gone while the runtime writes its answer.
    answer: Option<oneshot::Sender<Answered>>,
}

/// The right to answer the present invocation.
pub(crate) struct Answering {
    pub(crate) pieces: Option<mpsc::Sender<Piece>>,
    answer: oneshot::Sender<Answered>,
}

impl Answering {
    pub(crate) fn finish(self, answered: Answered) {
        // Whoever invoked may have run into the timeout.
        let _ = self.answer.send(answered);
    }
}

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is for another invocation.
    UnknownId,
    /// The invocation was answered before.
    Answered,
}

/// The state of one environment's runtime API.
pub(crate) struct Exchange {
    work: mpsc::Sender<Work>,
    /// The runtime's side; one `next` at a time.
    next: AsyncMutex<mpsc::Receiver<Work>>,
    current: Mutex<Option<Current>>,
    /// How often the runtime has asked for an invocation, and how often it got one.
    progress: watch::Sender<Progress>,
    /// An error of the initialisation.
    init_error: watch::Sender<Option<(Bytes, Option<String>)>>,
}

/// The runtime's way through its invocations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    asked: u64,
    taken: u64,
}

impl Progress {
    /// It has initialised: it has asked at least once.
    fn initialised(self) -> bool {
        self.asked > 0
    }

    /// It waits for an invocation.
    fn waits(self) -> bool {
        self.asked > self.taken
    }
}

impl Exchange {
    pub(crate) fn new() -> Self {
        let (work, next) = mpsc::channel(1);
        Self {
            work,
            next: AsyncMutex::new(next),
            current: Mutex::default(),
            progress: watch::Sender::default(),
            init_error: watch::Sender::new(None),
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an invocation over and answers where its answer will come. The sender is gone if the runtime is.
    pub(crate) async fn hand_over(
        &self,
        work: Work,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> oneshot::Receiver<Answered> {
        let (answer, answered) = oneshot::channel();
        *self.current() = Some(Current { request_id: work.request_id.clone(), pieces, answer: Some(answer) });
        // The receiver lives as long as `self`; the channel is empty because the last invocation was answered.
        let _ = self.work.send(work).await;
        answered
    }

    /// The runtime asks for its next invocation.
    pub(crate) async fn next(&self) -> Option<Work> {
        let mut next = self.next.lock().await;
        self.progress.send_modify(|progress| progress.asked = progress.taken + 1);
        let work = next.recv().await;
        self.progress.send_modify(|progress| progress.taken += 1);
        work
    }

    /// Whether the runtime has taken the invocation that was handed over last.
    pub(crate) fn has_taken(&self) -> bool {
        self.work.capacity() > 0
    }

    /// The runtime begins to answer an invocation.
    pub(crate) fn begin_answer(&self, request_id: &str) -> Result<Answering, Refused> {
        let mut current = self.current();
        match current.as_mut().filter(|current| current.request_id == request_id) {
            None => Err(Refused::UnknownId),
            Some(current) => {
                let answer = current.answer.take().ok_or(Refused::Answered)?;
                Ok(Answering { pieces: current.pieces.take(), answer })
            }
        }
    }

    /// The runtime could not initialise. Refused if it has.
    pub(crate) fn fail_initialisation(&self, document: Bytes, kind: Option<String>) -> bool {
        if self.progress.borrow().initialised() {
            return false;
        }
        self.init_error.send_replace(Some((document, kind)));
        true
    }

    /// Completes when the runtime has asked for its first invocation.
    pub(crate) async fn initialised(&self) {
        // The sender lives as long as `self`.
        let _ = self.progress.subscribe().wait_for(|progress| progress.initialised()).await;
    }

    /// Completes when the runtime waits for an invocation.
    pub(crate) async fn waits(&self) {
        let _ = self.progress.subscribe().wait_for(|progress| progress.waits()).await;
    }

    /// Completes with the error document when the runtime reports that it could not initialise.
    pub(crate) async fn initialisation_failed(&self) -> (Bytes, Option<String>) {
        let mut error = self.init_error.subscribe();
        let found = error.wait_for(Option::is_some).await.map(|error| error.clone());
        found.ok().flatten().unwrap_or_default()
    }
}
