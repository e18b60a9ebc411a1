//! Deletes a received message; durable when it answers.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>

use engine::{Settle, Settlement};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors, queue_name};

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
        settle(sqs, context, &input.queue_url, input.receipt_handle, Settle::Delete).await
    }
}

/// Settles one message.
pub(super) async fn settle(
    sqs: &Sqs,
    context: &Context,
    queue_url: &str,
    receipt_handle: String,
    settle: Settle,
) -> Result<(), ServiceError> {
    let key = queue_name::from_url(context, queue_url)?;
    let handle = receipt_handle.clone();
    let results = sqs.engine.settle(key.clone(), vec![Settlement { receipt_handle, settle }]).await;
    match results.map_err(errors::of_queue)?.into_iter().next() {
        Some(Err(refusal)) => Err(errors::of_handle(&refusal, &handle, settle)),
        _ => {
            sqs.tell_settled(&key, &handle, settle);
            Ok(())
        }
    }
}
