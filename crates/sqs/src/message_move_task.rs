//! Message move tasks: what the registry keeps of them, and their handles.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Expect, QueueKey, RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
use service::ServiceError;

use crate::{Sqs, errors};

/// All records.
pub(crate) const PREFIX: &str = "sqs/message-move-tasks/";

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

impl Status {
    /// As AWS writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }

    /// Whether the task has not ended.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// A task. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageMoveTask {
    pub(crate) version: u32,
    pub(crate) id: String,
    pub(crate) source: String,
    /// Absent: each message goes back to where it came from.
    pub(crate) destination: Option<String>,
    pub(crate) messages_per_second: Option<u32>,
    pub(crate) status: Status,
    pub(crate) started_at: Timestamp,
    pub(crate) moved: u64,
    /// How many there were at the start.
    pub(crate) to_move: u64,
    /// Messages that came later stay.
    pub(crate) through: u64,
    pub(crate) failure: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    task_id: String,
    source_arn: String,
}

impl MessageMoveTask {
    /// Tasks of one source in the order in which they were started.
    fn key(&self) -> RecordKey {
        RecordKey::new(format!("{}{:015}/{}", prefix(&self.source), self.started_at.0, self.id))
    }

    /// As AWS hands it out: opaque text.
    pub(crate) fn handle(&self) -> String {
        let handle = Handle { task_id: self.id.clone(), source_arn: self.source.clone() };
        STANDARD.encode(serde_json::to_vec(&handle).expect("two texts"))
    }
}

fn prefix(source: &str) -> String {
    format!("{PREFIX}{source}/")
}

/// Task and source that a handle names.
pub(crate) fn parse_handle(text: &str) -> Result<(String, String), ServiceError> {
    let bytes = STANDARD.decode(text).ok();
    let handle = bytes.and_then(|bytes| serde_json::from_slice::<Handle>(&bytes).ok());
    handle.map(|handle| (handle.task_id, handle.source_arn)).ok_or_else(|| {
        ServiceError::new(&errors::INVALID_PARAMETER, "Value for parameter TaskHandle is invalid.")
    })
}

/// A task with its record's revision.
pub(crate) type Kept = (MessageMoveTask, u64);

impl Sqs {
    /// The tasks of one source, newest first.
    pub(crate) async fn move_tasks(&self, source: &str) -> Result<Vec<Kept>, ServiceError> {
        let mut tasks = self.move_tasks_below(&prefix(source)).await?;
        tasks.reverse();
        Ok(tasks)
    }

    /// All tasks that have not ended.
    pub(crate) async fn active_move_tasks(&self) -> Result<Vec<Kept>, ServiceError> {
        let mut tasks = self.move_tasks_below(PREFIX).await?;
        tasks.retain(|(task, _)| task.status.is_active());
        Ok(tasks)
    }

    async fn move_tasks_below(&self, prefix: &str) -> Result<Vec<Kept>, ServiceError> {
        let records = self.engine.list(prefix, None, usize::MAX).await?;
        let tasks = records.into_iter().map(|record| {
            let task = serde_json::from_slice(&record.value);
            task.map(|task| (task, record.revision))
                .map_err(|error| ServiceError::internal(format!("{}: {error}", record.key)))
        });
        tasks.collect()
    }

    /// A task as it is stored now; `None` if it is gone.
    pub(crate) async fn move_task(&self, task: &MessageMoveTask) -> Result<Option<Kept>, engine::Error> {
        let record = self.engine.get(&task.key()).await?;
        Ok(record.and_then(|record| Some((serde_json::from_slice(&record.value).ok()?, record.revision))))
    }

    /// Stores a task and answers its new revision.
    pub(crate) async fn put_move_task(
        &self,
        task: &MessageMoveTask,
        expect: Expect,
    ) -> Result<u64, engine::Error> {
        let value = serde_json::to_vec(task).expect("texts and numbers");
        self.engine.put(task.key(), value.into(), expect).await
    }

    /// Keeps the newest tasks of a source only.
    pub(crate) async fn drop_old_move_tasks(&self, source: &str, kept: usize) -> Result<(), ServiceError> {
        for (task, _) in self.move_tasks(source).await?.iter().skip(kept) {
            self.engine.delete(task.key(), Expect::Anything).await?;
        }
        Ok(())
    }

    /// Whether messages of some queue go to this one when they die.
    pub(crate) async fn is_dead_letter_queue(&self, queue: &QueueKey) -> Result<bool, ServiceError> {
        let all = self.engine.list_queues("arn:aws:sqs:", None, usize::MAX).await?;
        Ok(all
            .iter()
            .filter_map(|other| other.settings.dead_letter.as_ref())
            .any(|dead| dead.target == *queue))
    }
}
