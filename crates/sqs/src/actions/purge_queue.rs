//! Removes all messages of a queue, at most once a minute.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html>

use engine::{Error, Refusal};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
}

pub(crate) struct PurgeQueue;

impl Action for PurgeQueue {
    const NAME: &'static str = "PurgeQueue";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        sqs.engine.purge_queue(key).await.map_err(|error| match error {
            Error::Refused(Refusal::PurgedRecently(key)) => {
                let name = queue_name::name(&key);
                let text = format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds.");
                ServiceError::new(&errors::PURGE_QUEUE_IN_PROGRESS, text)
            }
            other => errors::of_queue(other),
        })
    }
}
