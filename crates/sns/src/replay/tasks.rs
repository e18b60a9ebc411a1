//! A task for each replay that runs; and once an hour, archives forget what is too old.

use std::collections::HashMap;
use std::sync::Arc;

use service::{ServiceError, Stop};
use tokio::task::{Id, JoinSet};

use super::record::{REPLAYS, ReplayRecord};
use super::run::to_its_end;
use crate::records::{self, TopicRecord};
use crate::{Sns, archive, limits};

/// Runs replays until told to end.
pub(crate) async fn run(sns: Arc<Sns>, mut stop: Stop) {
    let mut watch = sns.engine.watch(REPLAYS);
    let (mut tasks, mut running) = (JoinSet::new(), HashMap::<Id, String>::new());
    let mut forget_at = sns.clock.now();
    loop {
        if sns.clock.now() >= forget_at {
            if let Err(error) = forget(&sns).await {
                tracing::warn!(%error, "archives could not forget what is too old");
            }
            forget_at = sns.clock.now().plus_seconds(limits::ARCHIVE_FORGETS_SECONDS);
        }
        match active(&sns).await {
            Ok(active) => {
                for subscription in active {
                    if !running.values().any(|one| *one == subscription) {
                        let task = to_its_end(Arc::clone(&sns), subscription.clone(), stop.clone());
                        running.insert(tasks.spawn(task).id(), subscription);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "replays cannot be listed"),
        }
        tokio::select! {
            goes_on = watch.changed() => if !goes_on { return },
            () = sns.clock.sleep_until(forget_at) => {}
            Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                running.remove(&id);
            }
            () = stop.requested() => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

async fn active(sns: &Sns) -> Result<Vec<String>, ServiceError> {
    let mut active = Vec::new();
    for record in sns.engine.list(REPLAYS, None, limits::REPLAY_RECORDS_MAX).await? {
        let replay: ReplayRecord = records::decode(&record.value)?;
        if replay.status.is_active() {
            active.push(replay.subscription);
        }
    }
    Ok(active)
}

async fn forget(sns: &Sns) -> Result<(), ServiceError> {
    for record in sns.engine.list(records::TOPICS, None, limits::TOPICS_MAX).await? {
        let topic: TopicRecord = records::decode(&record.value)?;
        if let Some(beginning) = archive::policy::beginning(&topic, sns.clock.now()) {
            sns.forget_archived(&topic.arn, Some(beginning)).await?;
        }
    }
    Ok(())
}
