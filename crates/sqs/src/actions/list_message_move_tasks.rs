//! The newest message move tasks of a dead-letter queue, up to ten.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::start_message_move_task::existing;
use crate::message_move_task::{MessageMoveTask, Status};
use crate::{Sqs, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    source_arn: String,
    max_results: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_handle: Option<String>,
    status: &'static str,
    source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_number_of_messages_per_second: Option<u32>,
    approximate_number_of_messages_moved: u64,
    approximate_number_of_messages_to_move: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    started_timestamp: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    results: Vec<Entry>,
}

pub(crate) struct ListMessageMoveTasks;

impl Action for ListMessageMoveTasks {
    const NAME: &'static str = "ListMessageMoveTasks";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let most = i64::try_from(limits::MOVE_TASKS_KEPT).unwrap_or(1);
        let limit = input.max_results.unwrap_or(1);
        if !(1..=most).contains(&limit) {
            let reason = format!("Must be between 1 and {most}, if provided.");
            return Err(errors::invalid(limit, "MaxResults", &reason));
        }
        let source = existing(sqs, &input.source_arn, "SourceArn").await?;
        sqs.open_key(context, &source.key, Self::NAME).await?;
        let tasks = sqs.move_tasks(&input.source_arn).await?.into_iter();
        let shown = tasks.take(usize::try_from(limit).unwrap_or(1)).map(|(task, _)| entry(task));
        Ok(Output { results: shown.collect() })
    }
}

fn entry(task: MessageMoveTask) -> Entry {
    Entry {
        task_handle: (task.status == Status::Running).then(|| task.handle()),
        status: task.status.as_str(),
        source_arn: task.source,
        destination_arn: task.destination,
        max_number_of_messages_per_second: task.messages_per_second,
        approximate_number_of_messages_moved: task.moved,
        approximate_number_of_messages_to_move: task.to_move,
        failure_reason: task.failure,
        started_timestamp: task.started_at.0,
    }
}
