//! What an instance waits for, and what it does not survive.

use std::process::ExitStatus;

use super::Instance;
use crate::execution_environment::containers;
use crate::execution_environment::failure::{self, Failure};

impl Instance {
    /// Waits for something, unless the environment fails before.
    pub(super) async fn until(&self, done: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = done => Ok(()),
            failure = self.failed() => Err(failure),
        }
    }

    /// Completes when something has failed.
    pub(super) async fn failed(&self) -> Failure {
        tokio::select! {
            biased;
            (document, kind) = self.apis.exchange.initialisation_failed() => {
                Failure::Reported { document, kind: kind.unwrap_or_else(|| "Runtime.Unknown".to_owned()) }
            }
            failure = self.apis.extensions.failed() => {
                let document = if failure.document.is_empty() {
                    failure::document(&failure.kind, &format!("extension {} failed", failure.name))
                } else {
                    failure.document
                };
                Failure::Reported { document, kind: failure.kind }
            }
            // What is out of memory ends whole: whose end is seen first says nothing.
            (name, status) = self.extension_exited() => self.ended(Failure::ExtensionExited { name, status }),
            status = self.runtime_exited() => self.ended(Failure::Exited(self.status_inside(status))),
        }
    }

    /// As it was in the container, if there is one.
    fn status_inside(&self, status: Option<ExitStatus>) -> Option<ExitStatus> {
        if self.container.is_some() { status.map(containers::inside) } else { status }
    }

    async fn runtime_exited(&self) -> Option<ExitStatus> {
        match &self.runtime {
            Some(runtime) => runtime.process.exited().await,
            None => std::future::pending().await,
        }
    }

    async fn extension_exited(&self) -> (String, Option<ExitStatus>) {
        if self.extensions.is_empty() {
            return std::future::pending().await;
        }
        let exits = self
            .extensions
            .iter()
            .map(|extension| Box::pin(async { (extension.name.clone(), extension.process.exited().await) }));
        futures_util::future::select_all(exits).await.0
    }
}
