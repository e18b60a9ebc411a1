//! The topics of the caller, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sns, limits, records};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    topics: Vec<Topic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListTopics;

impl Action for ListTopics {
    const NAME: &'static str = "ListTopics";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let prefix =
            format!("{}arn:aws:sns:{}:{}:", records::TOPICS, context.caller.region, context.caller.account);
        let after = input.next_token.map(|name| format!("{prefix}{name}"));
        let found = sns.engine.list(&prefix, after.as_deref(), limits::PAGE + 1).await?;
        let arn = |key: &str| key.trim_start_matches(records::TOPICS).to_owned();
        let topics: Vec<Topic> = found
            .iter()
            .take(limits::PAGE)
            .map(|record| Topic { topic_arn: arn(record.key.as_str()) })
            .collect();
        let last = topics.last().filter(|_| found.len() > limits::PAGE);
        let next_token = last.and_then(|topic| topic.topic_arn.rsplit(':').next()).map(str::to_owned);
        Ok(Output { topics, next_token })
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Topic {
    topic_arn: String,
}
