//! Moves the messages of message move tasks, a few at a time, at their rates.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{Clock, Error, Expect, MessageId, Moved, Moving, QueueKey, Refusal, Timestamp};
use service::{Stop, Tasks};
use tokio::task::JoinSet;

use crate::message_move_task::{Kept, MessageMoveTask, Status};
use crate::{Sqs, limits};

/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves every task there is and each that comes, until told to end.
pub(crate) fn start(sqs: &Arc<Sqs>, clock: &Arc<dyn Clock>, tasks: &Tasks) {
    tasks.spawn("message move tasks", run(Arc::clone(sqs), Arc::clone(clock), tasks.stop()));
}

async fn run(sqs: Arc<Sqs>, clock: Arc<dyn Clock>, mut stop: Stop) {
    let mut running = JoinSet::new();
    let mut ids: HashSet<String> = HashSet::new();
    loop {
        let listed = sqs.active_move_tasks().await;
        if let Err(error) = &listed {
            tracing::error!(%error, "message move tasks cannot be listed");
        }
        let failed = listed.is_err();
        for (task, revision) in listed.unwrap_or_default() {
            if ids.insert(task.id.clone()) {
                running.spawn(serve(Arc::clone(&sqs), Arc::clone(&clock), (task, revision), stop.clone()));
            }
        }
        let retry_at = clock.now().plus(PAUSE);
        tokio::select! {
            () = sqs.move_started.notified() => {}
            () = clock.sleep_until(retry_at), if failed => {}
            Some(ended) = running.join_next() => match ended {
                Ok(id) => { ids.remove(&id); }
                Err(error) => {
                    tracing::error!(%error, "a message move task ended by a panic");
                    return;
                }
            },
            () = stop.requested() => return,
        }
    }
}

/// One task to its end, or to that of the program; its id.
async fn serve(
    sqs: Arc<Sqs>,
    clock: Arc<dyn Clock>,
    (mut task, mut revision): Kept,
    mut stop: Stop,
) -> String {
    while task.status.is_active() && !stop.is_requested() {
        let next = clock.now().plus(pause(task.messages_per_second));
        let until = match step(&sqs, clock.now(), &mut task, &mut revision).await {
            Ok(()) => next,
            Err(error) => {
                tracing::error!(task = task.id, %error, "a message move task will be tried again");
                clock.now().plus(PAUSE)
            }
        };
        if task.status.is_active() {
            tokio::select! {
                () = clock.sleep_until(until) => {}
                () = stop.requested() => {}
            }
        }
    }
    task.id
}

/// So many messages are moved at once.
fn messages_at_once(rate: Option<u32>) -> u32 {
    rate.map_or(limits::MOVED_AT_ONCE_MAX, |rate| rate.div_ceil(limits::MOVES_PER_SECOND))
}

/// So long after one step comes the next.
fn pause(rate: Option<u32>) -> Duration {
    rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) * messages_at_once(Some(rate)) / rate)
}

/// Ends a task that was cancelled, or moves some messages, and stores how far it is. `Err`: the engine failed, and the
/// step can be tried again.
async fn step(
    sqs: &Sqs,
    now: Timestamp,
    task: &mut MessageMoveTask,
    revision: &mut u64,
) -> Result<(), Error> {
    reload(sqs, task, revision).await?;
    match task.status {
        Status::Running if now >= task.started_at.plus_seconds(limits::MOVE_TASK_SECONDS_MAX) => {
            fail(task, "MaximumDurationExceeded");
        }
        Status::Running => advance(sqs, task).await?,
        Status::Cancelling => task.status = Status::Cancelled,
        _ => return Ok(()),
    }
    note(sqs, task, revision).await
}

/// Somebody may have cancelled it. If its record is gone, so is its queue.
async fn reload(sqs: &Sqs, task: &mut MessageMoveTask, revision: &mut u64) -> Result<(), Error> {
    match sqs.move_task(task).await? {
        Some((stored, newer)) => (task.status, *revision) = (stored.status, newer),
        None => task.status = Status::Cancelled,
    }
    Ok(())
}

async fn advance(sqs: &Sqs, task: &mut MessageMoveTask) -> Result<(), Error> {
    let ids = (0..messages_at_once(task.messages_per_second)).map(|_| MessageId(sqs.ids.uuid().as_u128()));
    let moving = Moving {
        queue: QueueKey::new(task.source.as_str()),
        to: task.destination.as_deref().map(QueueKey::new),
        ids: ids.collect(),
        through: Some(task.through),
    };
    match sqs.engine.move_messages(moving).await {
        Ok(Moved { moved: 0, .. }) => task.status = Status::Completed,
        Ok(Moved { moved, .. }) => task.moved += u64::from(moved),
        Err(Error::Refused(refusal)) => {
            tracing::debug!(task = task.id, %refusal, "messages are not moved");
            fail(task, reason(&refusal));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn fail(task: &mut MessageMoveTask, reason: &str) {
    tracing::warn!(task = task.id, source = task.source, reason, "a message move task failed");
    task.status = Status::Failed;
    task.failure = Some(reason.to_owned());
}

/// As AWS names it.
fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoSource => "CouldNotDetermineMessageSource",
        _ => "AWS.SimpleQueueService.NonExistentQueue",
    }
}

/// Stores how far the task is. One that was cancelled meanwhile goes on being so, unless it has ended.
async fn note(sqs: &Sqs, task: &mut MessageMoveTask, revision: &mut u64) -> Result<(), Error> {
    loop {
        match sqs.put_move_task(task, Expect::Revision(*revision)).await {
            Ok(stored) => {
                *revision = stored;
                return Ok(());
            }
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                let ended = !task.status.is_active();
                let status = task.status;
                reload(sqs, task, revision).await?;
                if task.status == Status::Cancelled {
                    return Ok(());
                }
                if ended {
                    task.status = status;
                }
            }
            Err(error) => return Err(error),
        }
    }
}
