//! The tags of a queue.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sqs;
use crate::access::Opened;

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
        let Opened { record, .. } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        Ok(Output { tags: record.tags.clone() })
    }
}
