//! The attributes of a platform endpoint.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetEndpointAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::platform::{self, EndpointArn};
use crate::records::Attributes;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    endpoint_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    attributes: Attributes,
}

pub(crate) struct GetEndpointAttributes;

impl Action for GetEndpointAttributes {
    const NAME: &'static str = "GetEndpointAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let _ = context;
        let arn = EndpointArn::parse(&input.endpoint_arn, "EndpointArn")?;
        let endpoint = sns.endpoint(&arn).await?.ok_or_else(platform::no_such_endpoint)?;
        Ok(Output { attributes: endpoint.attributes })
    }
}
