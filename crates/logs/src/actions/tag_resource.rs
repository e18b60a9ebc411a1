//! Adds or changes tags of a log group, by its ARN.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::names::GroupKey;
use crate::{Logs, tags};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

pub(crate) struct TagResource;

impl Action for TagResource {
    const NAME: &'static str = "TagResource";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let group = logs.group(&GroupKey::identified(context, &input.resource_arn)?).await?;
        logs.groups.change(&group, |record| tags::add(&mut record.tags, input.tags)).await
    }
}
