//! Keeps a log group's events for ever, within its size.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
}

pub(crate) struct DeleteRetentionPolicy;

impl Action for DeleteRetentionPolicy {
    const NAME: &'static str = "DeleteRetentionPolicy";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        let group = logs.group(&key).await?;
        let change = |record: &mut crate::records::GroupRecord| {
            record.retention_days = None;
            Ok(())
        };
        logs.groups.change(&group, change).await
    }
}
