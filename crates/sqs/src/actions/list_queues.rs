//! The queues of the caller, by prefix, in pages.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html>

use engine::QueueKey;
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors, limits, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name_prefix: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListQueues;

impl Action for ListQueues {
    const NAME: &'static str = "ListQueues";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.max_results.unwrap_or(limits::LIST_MAX);
        if !(1..=limits::LIST_MAX).contains(&limit) {
            return Err(errors::invalid(limit, "MaxResults", "Must be between 1 and 1000, if provided."));
        }
        let limit = usize::try_from(limit).unwrap_or(1);
        let prefix = input.queue_name_prefix.unwrap_or_default();
        let prefix = queue_name::key_of(context, context.caller.account.as_str(), &prefix);
        let after = input.next_token.map(|token| queue_name::from_token(context, &token)).transpose()?;
        let queues = sqs.engine.list_queues(prefix.as_str(), after.as_ref(), limit + 1).await?;
        let more = queues.len() > limit && input.max_results.is_some();
        let page: Vec<&QueueKey> = queues.iter().take(limit).map(|queue| &queue.key).collect();
        let next_token = page.last().filter(|_| more).map(|key| queue_name::token(key));
        Ok(Output {
            queue_urls: page.into_iter().map(|key| queue_name::url(context, key)).collect(),
            next_token,
        })
    }
}
