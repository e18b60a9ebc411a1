//! Says for how many days a log group's events are kept.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::errors::constraint;
use crate::limits::RETENTION_DAYS;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    retention_in_days: u32,
}

pub(crate) struct PutRetentionPolicy;

impl Action for PutRetentionPolicy {
    const NAME: &'static str = "PutRetentionPolicy";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        let days = input.retention_in_days;
        if !RETENTION_DAYS.contains(&days) {
            let text = format!("satisfy enum value set: {RETENTION_DAYS:?}");
            return Err(constraint(&days.to_string(), "retentionInDays", &text));
        }
        let group = logs.group(&key).await?;
        let change = |record: &mut crate::records::GroupRecord| {
            record.retention_days = Some(days);
            Ok(())
        };
        logs.groups.change(&group, change).await
    }
}
