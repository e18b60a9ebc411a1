//! Removes tags of a queue.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::set_queue_attributes::change;
use crate::Sqs;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    tag_keys: Vec<String>,
}

pub(crate) struct UntagQueue;

impl Action for UntagQueue {
    const NAME: &'static str = "UntagQueue";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        change(sqs, &key, |record| {
            record.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        })
        .await
    }
}
