//! A topic's data protection policy; empty if it has none.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetDataProtectionPolicy.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, data_protection};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    data_protection_policy: String,
}

pub(crate) struct GetDataProtectionPolicy;

impl Action for GetDataProtectionPolicy {
    const NAME: &'static str = "GetDataProtectionPolicy";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.resource_arn)?;
        let topic = sns.open(context, &arn, Self::NAME, &[]).await?;
        let policy = topic.attributes.get(data_protection::ATTRIBUTE).cloned();
        Ok(Output { data_protection_policy: policy.unwrap_or_default() })
    }
}
