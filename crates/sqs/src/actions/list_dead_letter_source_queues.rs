//! The queues whose dead letters come here.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sqs, errors, limits, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Output {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListDeadLetterSourceQueues;

impl Action for ListDeadLetterSourceQueues {
    const NAME: &'static str = "ListDeadLetterSourceQueues";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.max_results.unwrap_or(limits::LIST_MAX);
        if !(1..=limits::LIST_MAX).contains(&limit) {
            return Err(errors::invalid(limit, "MaxResults", "Must be between 1 and 1000, if provided."));
        }
        let limit = usize::try_from(limit).unwrap_or(1);
        let target = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        let after = input.next_token.map(|token| queue_name::from_token(context, &token)).transpose()?;
        let all = sqs.engine.list_queues("arn:aws:sqs:", after.as_ref(), usize::MAX).await?;
        let is_source = |dead: &engine::DeadLetter| dead.target == target;
        let mut sources =
            all.iter().filter(|queue| queue.settings.dead_letter.as_ref().is_some_and(is_source));
        let page: Vec<_> = sources.by_ref().take(limit).map(|queue| &queue.key).collect();
        let more = sources.next().is_some() && input.max_results.is_some();
        let next_token = page.last().filter(|_| more).map(|key| queue_name::token(key));
        Ok(Output {
            queue_urls: page.into_iter().map(|key| queue_name::url(context, key)).collect(),
            next_token,
        })
    }
}
