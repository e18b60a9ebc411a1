//! Deletes up to ten received messages, each by itself.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html>

use engine::Settle;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Sqs;
use crate::access::Opened;
use crate::batch::{self, Outcome, Succeeded};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    id: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    /// The Query protocol writes nothing for none.
    #[serde(default)]
    entries: Vec<Entry>,
}

pub(crate) struct DeleteMessageBatch;

impl Action for DeleteMessageBatch {
    const NAME: &'static str = "DeleteMessageBatch";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = Outcome<Succeeded>;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Outcome<Succeeded>, ServiceError> {
        batch::check_ids(
            "DeleteMessageBatchRequestEntry",
            input.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        let entries =
            input.entries.into_iter().map(|entry| (entry.id, entry.receipt_handle, Ok(Settle::Delete)));
        let Opened { queue, .. } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        super::settle_batch(sqs, &queue.key, entries.collect()).await
    }
}
