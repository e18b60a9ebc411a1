//! Removes tags of a log group, by its name; AWS's older form.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagLogGroup.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::names::GroupKey;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: Vec<String>,
}

pub(crate) struct UntagLogGroup;

impl Action for UntagLogGroup {
    const NAME: &'static str = "UntagLogGroup";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let group = logs.group(&GroupKey::named(context, &input.log_group_name)?).await?;
        let change = |record: &mut crate::records::GroupRecord| {
            record.tags.retain(|key, _| !input.tags.contains(key));
            Ok(())
        };
        logs.groups.change(&group, change).await
    }
}
