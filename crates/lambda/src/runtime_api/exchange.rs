//! What passes between an environment and its runtime: one invocation at a time, and one answer to each.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

/// An invocation for the runtime.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) deadline_ms: u64,
    pub(crate) function_arn: String,
    pub(crate) trace: String,
    pub(crate) client_context: Option<String>,
}

/// What the runtime said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Response(Bytes),
    /// An error document of the runtime's.
    Error(Bytes),
    /// More bytes than an answer may have.
    TooLarge,
}

struct Current {
    request_id: String,
    answer: oneshot::Sender<Answer>,
}

/// The state of one environment's runtime API.
pub(crate) struct Exchange {
    work: mpsc::Sender<Work>,
    /// The runtime's side; one `next` at a time.
    next: AsyncMutex<mpsc::Receiver<Work>>,
    current: Mutex<Option<Current>>,
    /// How often the runtime has asked for an invocation: the first time ends its initialisation.
    asked: watch::Sender<u64>,
    /// An error of the initialisation.
    init_error: watch::Sender<Option<Bytes>>,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        let (work, next) = mpsc::channel(1);
        Self {
            work,
            next: AsyncMutex::new(next),
            current: Mutex::default(),
            asked: watch::Sender::new(0),
            init_error: watch::Sender::new(None),
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an invocation over and answers where its answer will come. The sender is gone if the runtime is.
    pub(crate) async fn hand_over(&self, work: Work) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        *self.current() = Some(Current { request_id: work.request_id.clone(), answer });
        // The receiver lives as long as `self`; the channel is empty because the last invocation was answered.
        let _ = self.work.send(work).await;
        answered
    }

    /// The runtime asks for its next invocation.
    pub(crate) async fn next(&self) -> Option<Work> {
        let mut next = self.next.lock().await;
        self.asked.send_modify(|asked| *asked += 1);
        next.recv().await
    }

    /// The runtime answers an invocation; whether it is the current one.
    pub(crate) fn answer(&self, request_id: &str, answer: Answer) -> bool {
        let mut current = self.current();
        match current.take() {
            Some(waiting) if waiting.request_id == request_id => {
                // Whoever invoked may have run into the timeout.
                let _ = waiting.answer.send(answer);
                true
            }
            other => {
                *current = other;
                false
            }
        }
    }

    /// The runtime could not initialise.
    pub(crate) fn fail_initialisation(&self, error: Bytes) {
        self.init_error.send_replace(Some(error));
    }

    /// How often the runtime has asked.
    pub(crate) fn asked(&self) -> u64 {
        *self.asked.borrow()
    }

    /// Completes when the runtime has asked more than `times`.
    pub(crate) async fn asked_more_than(&self, times: u64) {
        // The sender lives as long as `self`.
        let _ = self.asked.subscribe().wait_for(|asked| *asked > times).await;
    }

    /// Completes with the error document when the runtime reports that it could not initialise.
    pub(crate) async fn initialisation_failed(&self) -> Bytes {
        let mut error = self.init_error.subscribe();
        let found = error.wait_for(Option::is_some).await.map(|error| error.clone());
        found.ok().flatten().unwrap_or_default()
    }
}
