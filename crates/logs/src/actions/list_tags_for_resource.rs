//! Shows the tags of a log group, by its ARN.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
}

#[derive(Serialize)]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

pub(crate) struct ListTagsForResource;

impl Action for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let group = logs.group(&GroupKey::identified(context, &input.resource_arn)?).await?;
        Ok(Output { tags: group.record().tags.clone() })
    }
}
