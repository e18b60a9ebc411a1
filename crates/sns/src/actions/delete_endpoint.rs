//! Removes a platform endpoint; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeleteEndpoint.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::platform::{self, EndpointArn};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    endpoint_arn: String,
}

pub(crate) struct DeleteEndpoint;

impl Action for DeleteEndpoint {
    const NAME: &'static str = "DeleteEndpoint";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let arn = EndpointArn::parse(&input.endpoint_arn, "EndpointArn")?;
        let Some(endpoint) = sns.endpoint(&arn).await? else { return Ok(()) };
        // Its token last: until then it cannot be given to another endpoint.
        sns.engine.delete(arn.key(), Expect::Anything).await?;
        sns.engine.delete(platform::token_key(&arn.application, endpoint.token()), Expect::Anything).await?;
        Ok(())
    }
}
