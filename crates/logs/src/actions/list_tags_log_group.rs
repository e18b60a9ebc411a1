//! Shows the tags of a log group, by its name; AWS's older form.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsLogGroup.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
}

#[derive(Serialize)]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

pub(crate) struct ListTagsLogGroup;

impl Action for ListTagsLogGroup {
    const NAME: &'static str = "ListTagsLogGroup";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let group = logs.group(&GroupKey::named(context, &input.log_group_name)?).await?;
        Ok(Output { tags: group.record().tags.clone() })
    }
}
