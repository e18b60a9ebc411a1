//! The URL of a queue by its name.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sqs, queue_name};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name: String,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    queue_owner_aws_account_id: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct GetQueueUrl;

impl Action for GetQueueUrl {
    const NAME: &'static str = "GetQueueUrl";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let account = input.queue_owner_aws_account_id.unwrap_or_else(|| context.caller.account.to_string());
        let key = queue_name::key_of(context, &account, &input.queue_name);
        sqs.open_key(context, &key, Self::NAME).await?;
        Ok(Output { queue_url: queue_name::url(context, &key) })
    }
}
