//! Gives a topic a data protection policy; an empty one removes it.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_PutDataProtectionPolicy.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, data_protection};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    data_protection_policy: String,
}

pub(crate) struct PutDataProtectionPolicy;

impl Action for PutDataProtectionPolicy {
    const NAME: &'static str = "PutDataProtectionPolicy";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let arn = arns::topic(&input.resource_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await?;
        let policy = &input.data_protection_policy;
        sns.change_topic(&arn, |topic| data_protection::put(topic, policy)).await
    }
}
