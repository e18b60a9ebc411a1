//! What happens without a request: named tasks whose panic is logged and isolated, and who all hear when to stop.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Tells a task when to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Completes when the program is to end.
    pub async fn requested(&mut self) {
        // An error means that the sender is gone, which is the same news.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether it is to end now.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

/// The running tasks of all services.
#[derive(Clone, Debug)]
pub struct Tasks {
    stop: Arc<watch::Sender<bool>>,
    running: Arc<Mutex<JoinSet<()>>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { stop: Arc::new(watch::Sender::new(false)), running: Arc::default() }
    }
}

impl Tasks {
    /// The signal to end.
    pub fn stop(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// Runs a task until it ends by itself, best upon `Stop`.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            let outcome = tokio::spawn(task).await;
            if let Err(error) = outcome {
                tracing::error!(task = name, %error, "task ended by a panic");
            }
        });
    }

    /// Tells all tasks to end and waits until they have.
    pub async fn shut_down(&self) {
        self.stop.send_replace(true);
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        while running.join_next().await.is_some() {}
    }
}
