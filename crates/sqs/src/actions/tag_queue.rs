//! Adds or changes tags of a queue.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::set_queue_attributes::change;
use crate::{Sqs, tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    tags: BTreeMap<String, String>,
}

pub(crate) struct TagQueue;

impl Action for TagQueue {
    const NAME: &'static str = "TagQueue";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        change(sqs, &key, |record| {
            record.tags.extend(input.tags.clone());
            tags::check(&record.tags)
        })
        .await
    }
}
