//! One task for each queue of posts; it ends once its queue is gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use engine::QueueKey;
use service::Stop;
use tokio::task::{Id, JoinSet};

use super::{QUEUES, delivery};
use crate::{Sns, limits, records};

/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts a task for each queue there is and each that comes, until told to end.
pub(crate) async fn run(sns: Arc<Sns>, mut stop: Stop) {
    // A queue is made before the subscription that names it is stored.
    let mut watch = sns.engine.watch(records::SUBSCRIPTIONS);
    let mut running = Running::default();
    loop {
        let listed = running.start_missing(&sns, &stop).await;
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
    async fn start_missing(&mut self, sns: &Arc<Sns>, stop: &Stop) -> bool {
        match sns.engine.list_queues(QUEUES, None, limits::SUBSCRIPTIONS_MAX).await {
            Ok(queues) => {
                let served: HashSet<QueueKey> = self.queues.values().cloned().collect();
                for queue in queues.into_iter().filter(|queue| !served.contains(&queue.key)) {
                    let key = queue.key.clone();
                    let task = self.tasks.spawn(delivery::run(Arc::clone(sns), queue, stop.clone()));
                    self.queues.insert(task.id(), key);
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "queues of HTTP/S endpoints cannot be listed");
                false
            }
        }
    }

    /// Waits for a task to end. If its queue is still there, it gets a new one.
    async fn one_ended(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "deliveries to an HTTP/S endpoint ended by a panic");
                error.id()
            }
            None => return,
        };
        self.queues.remove(&id);
    }
}
