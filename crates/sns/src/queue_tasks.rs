//! One task for each queue of a kind; it ends once its queue is gone.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use engine::{Queue, QueueKey};
use service::Stop;
use tokio::task::{Id, JoinSet};

use crate::{Sns, limits};

/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);

/// Which queues are served, and which records are stored after a queue was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) queues: &'static str,
    pub(crate) records: &'static str,
}

/// Starts a task for each queue there is and each that comes, until told to end.
pub(crate) async fn run<F, T>(sns: Arc<Sns>, mut stop: Stop, kind: Kind, serve: F)
where
    F: Fn(Arc<Sns>, Arc<Queue>, Stop) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let mut watch = sns.engine.watch(kind.records);
    let mut running = Running::default();
    loop {
        let listed = running.start_missing(&sns, kind, |queue| serve(Arc::clone(&sns), queue, stop.clone()));
        let listed = listed.await;
        let retry_at = sns.clock.now().plus(PAUSE);
        tokio::select! {
            goes_on = watch.changed() => if !goes_on { return },
            () = sns.clock.sleep_until(retry_at), if !listed => {}
            () = running.one_ended(), if !running.tasks.is_empty() => {}
            () = stop.requested() => return,
        }
    }
}

/// The tasks and the queues they serve.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    queues: HashMap<Id, QueueKey>,
}

impl Running {
    /// Whether the queues could be listed.
    async fn start_missing<T>(&mut self, sns: &Sns, kind: Kind, task: impl Fn(Arc<Queue>) -> T) -> bool
    where
        T: Future<Output = ()> + Send + 'static,
    {
        match sns.engine.list_queues(kind.queues, None, limits::QUEUES_MAX).await {
            Ok(queues) => {
                let served: HashSet<QueueKey> = self.queues.values().cloned().collect();
                for queue in queues.into_iter().filter(|queue| !served.contains(&queue.key)) {
                    let key = queue.key.clone();
                    let task = self.tasks.spawn(task(queue));
                    self.queues.insert(task.id(), key);
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, queues = kind.queues, "queues cannot be listed");
                false
            }
        }
    }

    /// Waits for a task to end. If its queue is still there, it gets a new one.
    async fn one_ended(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "the task of a queue ended by a panic");
                error.id()
            }
            None => return,
        };
        self.queues.remove(&id);
    }
}
