//! Adds or changes tags of a log group, by its name; AWS's older form.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagLogGroup.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::names::GroupKey;
use crate::{Logs, tags};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: BTreeMap<String, String>,
}

pub(crate) struct TagLogGroup;

impl Action for TagLogGroup {
    const NAME: &'static str = "TagLogGroup";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let group = logs.group(&GroupKey::named(context, &input.log_group_name)?).await?;
        logs.groups.change(&group, |record| tags::add(&mut record.tags, input.tags)).await
    }
}
