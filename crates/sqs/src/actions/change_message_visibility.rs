//! Lets a received message become visible at another moment.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>

use engine::Settle;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::delete_message::settle;
use super::receive_message::visibility;
use crate::Sqs;
use crate::access::Opened;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: i64,
}

pub(crate) struct ChangeMessageVisibility;

impl Action for ChangeMessageVisibility {
    const NAME: &'static str = "ChangeMessageVisibility";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let seconds = visibility(Some(input.visibility_timeout))?.unwrap_or_default();
        let Opened { queue, .. } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        settle(sqs, &queue.key, input.receipt_handle, Settle::VisibleIn { seconds }).await
    }
}
