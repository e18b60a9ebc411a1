//! Makes a log stream.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>

use engine::{Error, Expect, Refusal};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Logs;
use crate::errors::RESOURCE_ALREADY_EXISTS;
use crate::names::{GroupKey, check_stream_name};
use crate::records::{self, StreamRecord};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
}

pub(crate) struct CreateLogStream;

impl Action for CreateLogStream {
    const NAME: &'static str = "CreateLogStream";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        check_stream_name(&input.log_stream_name)?;
        let group = logs.group(&key).await?;
        let exists =
            || ServiceError::new(&RESOURCE_ALREADY_EXISTS, "The specified log stream already exists");
        if group.has_stream(&input.log_stream_name).await? {
            return Err(exists());
        }
        let stream = StreamRecord { name: input.log_stream_name, created: context.now };
        let key = records::stream_key(&group.record(), &stream.name);
        match logs.engine.put(key, records::encode(&stream), Expect::Absent).await {
            Ok(_) => Ok(()),
            Err(Error::Refused(Refusal::RecordChanged(_))) => Err(exists()),
            Err(error) => Err(error.into()),
        }
    }
}
