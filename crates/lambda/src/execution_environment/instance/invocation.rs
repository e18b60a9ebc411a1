//! An invocation in an instance: handed over, answered, or cut short.

use std::time::Duration;

use tokio::sync::mpsc;

use super::Instance;
use crate::execution::{FunctionSpec, Piece};
use crate::execution_environment::failure::Failure;
use crate::runtime_api::{Answered, Work};

impl Instance {
    /// Hands an invocation over and waits for its answer and for the extensions.
    pub(in super::super) async fn run(
        &self,
        spec: &FunctionSpec,
        work: Work,
        pieces: Option<mpsc::Sender<Piece>>,
    ) -> Result<Answered, Failure> {
        let timeout = tokio::time::sleep(Duration::from_secs(spec.timeout_seconds.into()));
        tokio::pin!(timeout);
        self.apis.extensions.tell_of_invocation(
            work.deadline_ms,
            &work.request_id,
            &work.function_arn,
            &work.trace,
        );
        let answered = self.apis.exchange.hand_over(work, pieces).await;
        let answered = async {
            match answered.await {
                Ok(answered) => answered,
                // The call that answers was broken off: the process is ending.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answered = answered => Ok(answered),
            failure = self.failed() => Err(failure),
            () = self.out_of_memory(spec) => Err(Failure::OutOfMemory),
            () = &mut timeout => Err(Failure::TimedOut(spec.timeout_seconds)),
        }
    }

    /// Extensions go on after the answer; the invocation's time is theirs too.
    pub(in super::super) async fn extensions_done(
        &self,
        spec: &FunctionSpec,
        left: Duration,
    ) -> Result<(), Failure> {
        if self.apis.extensions.is_empty() {
            return Ok(());
        }
        let both = async {
            self.apis.exchange.waits().await;
            self.apis.extensions.all_wait().await;
        };
        match tokio::time::timeout(left, self.until(both)).await {
            Ok(done) => done,
            Err(_) => Err(Failure::TimedOut(spec.timeout_seconds)),
        }
    }
}
