//! Removes a queue with all it holds.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>

use engine::QueueKey;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
}

pub(crate) struct DeleteQueue;

impl Action for DeleteQueue {
    const NAME: &'static str = "DeleteQueue";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        if sqs.settings.queue_deleted_recently {
            delete_and_block(sqs, context, &key).await?;
        } else {
            sqs.engine.delete_queue(key.clone()).await.map_err(errors::of_queue)?;
        }
        sqs.engine.find_words_at(key.as_str(), Vec::new());
        sqs.drop_old_move_tasks(key.as_str(), 0).await
    }
}

/// The name is blocked first: a crash in between leaves no deleted queue whose name is free.
async fn delete_and_block(sqs: &Sqs, context: &Context, key: &QueueKey) -> Result<(), ServiceError> {
    sqs.engine.queue(key).await.map_err(errors::of_queue)?;
    sqs.block_name(key, context.now).await?;
    let deleted = sqs.engine.delete_queue(key.clone()).await;
    if deleted.is_err() {
        sqs.free_name(key).await?;
    }
    deleted.map_err(errors::of_queue)
}
