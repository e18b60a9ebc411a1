//! An executor that asks the test.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws::Arn;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value as Json;
use tokio::sync::{mpsc, watch};

use crate::execution::{Execute, FunctionError, FunctionSpec, Invocation, InvokeError, Look, Outcome, Piece};

type Answer = Box<dyn Fn(&Invocation) -> Result<Outcome, InvokeError> + Send + Sync>;

/// Runs functions by asking the test.
pub(in crate::tests) struct Scripted {
    pub(super) answer: Mutex<Answer>,
    pub(in crate::tests) calls: Mutex<Vec<(Arc<FunctionSpec>, Invocation)>>,
    pub(in crate::tests) retired: Mutex<Vec<Arn>>,
    pub(in crate::tests) provisioned: Mutex<Vec<(Arn, u32)>>,
    /// The content type of streamed answers.
    pub(in crate::tests) stream_type: Mutex<String>,
    /// Functions wait while it is true.
    pub(in crate::tests) hold: watch::Sender<bool>,
    pub(in crate::tests) processors: AtomicUsize,
    /// How many more they have room for, each time that is asked; then for any number.
    pub(in crate::tests) room: Arc<Mutex<VecDeque<usize>>>,
}

impl Scripted {
    pub(in crate::tests) fn answer(
        &self,
        answer: impl Fn(&Invocation) -> Result<Outcome, InvokeError> + Send + Sync + 'static,
    ) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    pub(in crate::tests) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(in crate::tests) fn events(&self) -> Vec<Json> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(_, invocation)| serde_json::from_slice(&invocation.payload).unwrap()).collect()
    }
}

impl Execute for Scripted {
    fn invoke(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        let outcome = (self.answer.lock().unwrap())(&invocation)
            .map(|outcome| Outcome { executed_version: spec.version.clone(), ..outcome });
        self.calls.lock().unwrap().push((spec, invocation));
        let mut hold = self.hold.subscribe();
        Box::pin(async move {
            let _ = hold.wait_for(|hold| !hold).await;
            outcome
        })
    }

    fn processors(&self) -> usize {
        self.processors.load(Ordering::Relaxed)
    }

    fn look(&self) -> Look {
        let room = Arc::clone(&self.room);
        Box::new(move |_| room.lock().unwrap().pop_front().unwrap_or(usize::MAX))
    }

    fn invoke_streaming(
        &self,
        spec: Arc<FunctionSpec>,
        invocation: Invocation,
        pieces: mpsc::Sender<Piece>,
    ) -> BoxFuture<'_, Result<Outcome, InvokeError>> {
        Box::pin(async move {
            let outcome = self.invoke(spec, invocation).await?;
            if outcome.function_error.is_none() {
                let content_type = self.stream_type.lock().unwrap().clone();
                let _ = pieces.send(Piece::Begins { content_type }).await;
                // Byte by byte: nothing depends on how an answer is cut.
                for byte in &outcome.payload {
                    let _ = pieces.send(Piece::Content(Bytes::copy_from_slice(&[*byte]))).await;
                }
            }
            Ok(outcome)
        })
    }

    fn provision(
        &self,
        spec: Arc<FunctionSpec>,
        environments: u32,
    ) -> BoxFuture<'_, Result<u32, InvokeError>> {
        self.provisioned.lock().unwrap().push((spec.version_arn.clone(), environments));
        Box::pin(async move { Ok(environments) })
    }

    fn retire(&self, version: &Arn) {
        self.retired.lock().unwrap().push(version.clone());
    }
}

#[allow(clippy::unnecessary_wraps, reason = "what an executor answers")]
pub(in crate::tests) fn answered(payload: &str) -> Result<Outcome, InvokeError> {
    Ok(Outcome {
        measured: crate::Measured::default(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        function_error: None,
        log_tail: Bytes::from_static(b"START\nEND\n"),
        executed_version: "$LATEST".to_owned(),
    })
}

pub(in crate::tests) fn failed(payload: &str) -> Result<Outcome, InvokeError> {
    answered(payload).map(|outcome| Outcome { function_error: Some(FunctionError::Unhandled), ..outcome })
}
