//! Ends a running message move task; what was moved stays moved.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html>

use engine::{Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::start_message_move_task::existing;
use crate::message_move_task::{self, Status};
use crate::{Sqs, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    task_handle: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    approximate_number_of_messages_moved: u64,
}

pub(crate) struct CancelMessageMoveTask;

impl Action for CancelMessageMoveTask {
    const NAME: &'static str = "CancelMessageMoveTask";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let (id, source) = message_move_task::parse_handle(&input.task_handle)?;
        let queue = existing(sqs, &source, "SourceArn").await?;
        sqs.open_key(context, &queue.key, Self::NAME).await?;
        // The task itself may note its progress at the same time; each try reads it anew.
        for _ in 0..limits::CHANGES_TRIED_MAX {
            let tasks = sqs.move_tasks(&source).await?;
            let running = tasks.into_iter().find(|(task, _)| task.id == id && task.status == Status::Running);
            let Some((mut task, revision)) = running else {
                return Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, "Task does not exist."));
            };
            task.status = Status::Cancelling;
            match sqs.put_move_task(&task, Expect::Revision(revision)).await {
                Ok(_) => return Ok(Output { approximate_number_of_messages_moved: task.moved }),
                Err(Error::Refused(Refusal::RecordChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::internal("the task kept changing"))
    }
}
