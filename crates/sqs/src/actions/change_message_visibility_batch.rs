//! Like ChangeMessageVisibility for up to ten messages, each by itself.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html>

use engine::Settle;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::receive_message::visibility;
use crate::access::Opened;
use crate::batch::{self, Outcome, Succeeded};
use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    id: String,
    receipt_handle: String,
    visibility_timeout: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    /// The Query protocol writes nothing for none.
    #[serde(default)]
    entries: Vec<Entry>,
}

pub(crate) struct ChangeMessageVisibilityBatch;

impl Action for ChangeMessageVisibilityBatch {
    const NAME: &'static str = "ChangeMessageVisibilityBatch";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = Outcome<Succeeded>;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Outcome<Succeeded>, ServiceError> {
        let ids = input.entries.iter().map(|entry| entry.id.as_str());
        batch::check_ids("ChangeMessageVisibilityBatchRequestEntry", ids)?;
        let entries = input.entries.into_iter().map(|entry| {
            let seconds = visibility(entry.visibility_timeout);
            let seconds =
                seconds.and_then(|seconds| seconds.ok_or_else(|| errors::missing("VisibilityTimeout")));
            (entry.id, entry.receipt_handle, seconds.map(|seconds| Settle::VisibleIn { seconds }))
        });
        let Opened { queue, .. } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        super::settle_batch(sqs, &queue.key, entries.collect()).await
    }
}
