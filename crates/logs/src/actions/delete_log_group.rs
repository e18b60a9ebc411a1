//! Deletes a log group with its streams and events.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
}

pub(crate) struct DeleteLogGroup;

impl Action for DeleteLogGroup {
    const NAME: &'static str = "DeleteLogGroup";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        let group = logs.group(&key).await?;
        Ok(logs.groups.delete(&key, &group).await?)
    }
}
