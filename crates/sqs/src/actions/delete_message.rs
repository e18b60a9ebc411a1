//! Deletes a received message; durable when it answers.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>

use engine::{QueueKey, Settle, Settlement, SpanId};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::access::Opened;
use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    receipt_handle: String,
}

pub(crate) struct DeleteMessage;

impl Action for DeleteMessage {
    const NAME: &'static str = "DeleteMessage";
    const TELLS: bool = true;
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let Opened { queue, .. } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        settle(sqs, &queue.key, input.receipt_handle, Settle::Delete).await
    }
}

/// Settles one message.
pub(super) async fn settle(
    sqs: &Sqs,
    key: &QueueKey,
    receipt_handle: String,
    settle: Settle,
) -> Result<(), ServiceError> {
    let handle = receipt_handle.clone();
    let results = sqs.engine.settle(key.clone(), vec![Settlement { receipt_handle, settle }]).await;
    match results.map_err(errors::of_queue)?.into_iter().next() {
        Some(Err(refusal)) => Err(errors::of_handle(&refusal, &handle, settle)),
        _ => {
            sqs.tell_settled(key, SpanId::of_receipt(&handle), settle);
            Ok(())
        }
    }
}
