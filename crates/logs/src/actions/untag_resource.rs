//! Removes tags of a log group, by its ARN.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) struct UntagResource;

impl Action for UntagResource {
    const NAME: &'static str = "UntagResource";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let group = logs.group(&GroupKey::identified(context, &input.resource_arn)?).await?;
        let change = |record: &mut crate::records::GroupRecord| {
            record.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        };
        logs.groups.change(&group, change).await
    }
}
