//! Starts moving a dead-letter queue's messages: back to where they came from, or elsewhere. It goes on by itself, after a
//! restart too.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>

use std::sync::Arc;

use engine::{Error, Expect, Moved, Moving, Queue, QueueKey, QueueKind, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::message_move_task::{MessageMoveTask, Status};
use crate::{Sqs, errors, limits, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    task_handle: String,
}

pub(crate) struct StartMessageMoveTask;

impl Action for StartMessageMoveTask {
    const NAME: &'static str = "StartMessageMoveTask";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let source = existing(sqs, &input.source_arn, "SourceArn").await?;
        sqs.open_key(context, &source.key, Self::NAME).await?;
        if !sqs.is_dead_letter_queue(&source.key).await? {
            return Err(refused("Source queue must be configured as a Dead Letter Queue."));
        }
        check_destination(sqs, &source, input.destination_arn.as_deref()).await?;
        let messages_per_second = rate(input.max_number_of_messages_per_second)?;
        // Of two that start at the same time, one finds the other's task.
        let _starting = sqs.starting_moves.lock().await;
        if sqs.move_tasks(&input.source_arn).await?.iter().any(|(task, _)| task.status.is_active()) {
            let text = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
            return Err(refused(text));
        }
        check_active(sqs, context).await?;
        sqs.drop_old_move_tasks(&input.source_arn, limits::MOVE_TASKS_KEPT - 1).await?;
        let counts = sqs.engine.counts(&source.key).await.map_err(errors::of_queue)?;
        let Moved { through, .. } =
            sqs.engine.move_messages(nothing(&source.key)).await.map_err(errors::of_queue)?;
        let task = MessageMoveTask {
            version: 1,
            id: sqs.ids.uuid().to_string(),
            source: input.source_arn,
            destination: input.destination_arn,
            messages_per_second,
            status: Status::Running,
            started_at: context.now,
            moved: 0,
            to_move: counts.visible,
            through,
            failure: None,
        };
        sqs.put_move_task(&task, Expect::Absent).await?;
        sqs.move_started.notify_one();
        Ok(Output { task_handle: task.handle() })
    }
}

/// How many tasks an account may have at work.
async fn check_active(sqs: &Sqs, context: &Context) -> Result<(), ServiceError> {
    let account = &context.caller.account;
    let is_own =
        |task: &MessageMoveTask| queue_name::account(&QueueKey::new(&*task.source)) == account.as_str();
    let active = sqs.active_move_tasks().await?.iter().filter(|(task, _)| is_own(task)).count();
    if active < limits::MOVE_TASKS_ACTIVE_MAX {
        return Ok(());
    }
    let text = format!(
        "An account may have at most {} active message movement tasks.",
        limits::MOVE_TASKS_ACTIVE_MAX
    );
    Err(ServiceError::new(&errors::REQUEST_THROTTLED, text))
}

/// Moves nothing, and tells which messages there are.
fn nothing(queue: &QueueKey) -> Moving {
    Moving { queue: queue.clone(), to: None, ids: Vec::new(), through: None }
}

fn refused(text: &'static str) -> ServiceError {
    ServiceError::new(&errors::INVALID_PARAMETER, text)
}

/// The queue that an ARN names, which must be there.
pub(super) async fn existing(sqs: &Sqs, arn: &str, parameter: &str) -> Result<Arc<Queue>, ServiceError> {
    match sqs.engine.queue(&QueueKey::new(arn)).await {
        Ok(queue) if arn.starts_with("arn:aws:sqs:") => Ok(queue),
        Ok(_) | Err(Error::Refused(Refusal::NoSuchQueue(_))) => {
            let text =
                format!("The resource that you specified for the {parameter} parameter doesn't exist.");
            Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, text))
        }
        Err(error) => Err(error.into()),
    }
}

async fn check_destination(sqs: &Sqs, source: &Queue, destination: Option<&str>) -> Result<(), ServiceError> {
    let Some(arn) = destination else { return Ok(()) };
    let destination = existing(sqs, arn, "DestinationArn").await?;
    if destination.key == source.key {
        return Err(refused("Source queue arn and destination queue arn must be different."));
    }
    let is_fifo = |queue: &Queue| matches!(queue.settings.kind, QueueKind::Fifo(_));
    if is_fifo(source) != is_fifo(&destination) {
        return Err(refused("Source queue and destination queue must be of the same type."));
    }
    Ok(())
}

fn rate(given: Option<i64>) -> Result<Option<u32>, ServiceError> {
    match given {
        Some(rate) if !(1..=limits::MOVED_PER_SECOND_MAX).contains(&rate) => {
            let reason = format!("Must be between 1 and {}, if provided.", limits::MOVED_PER_SECOND_MAX);
            Err(errors::invalid(rate, "MaxNumberOfMessagesPerSecond", &reason))
        }
        other => Ok(other.and_then(|rate| u32::try_from(rate).ok())),
    }
}
