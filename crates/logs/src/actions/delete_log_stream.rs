//! Deletes a log stream with its events.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::names::{GroupKey, check_stream_name};
use crate::{Logs, errors, records};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
}

pub(crate) struct DeleteLogStream;

impl Action for DeleteLogStream {
    const NAME: &'static str = "DeleteLogStream";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        check_stream_name(&input.log_stream_name)?;
        let group = logs.group(&key).await?;
        let stream = records::stream_key(&group.record(), &input.log_stream_name);
        let made = logs.engine.get(&stream).await?.is_some();
        if !made && !group.has_stream(&input.log_stream_name).await? {
            return Err(errors::no_such_stream());
        }
        group.delete_stream(&input.log_stream_name).await?;
        Ok(logs.engine.delete(stream, Expect::Anything).await?)
    }
}
