//! The tags of a queue.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

pub(crate) struct ListQueueTags;

impl Action for ListQueueTags {
    const NAME: &'static str = "ListQueueTags";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let key = queue_name::from_url(context, &input.queue_url)?;
        let queue = sqs.engine.queue(&key).await.map_err(errors::of_queue)?;
        Ok(Output { tags: sqs.records.of(&queue)?.tags.clone() })
    }
}
