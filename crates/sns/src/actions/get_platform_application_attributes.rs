//! The attributes of a platform application, without its credentials.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetPlatformApplicationAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::platform::{self, application_attributes};
use crate::records::Attributes;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    platform_application_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    attributes: Attributes,
}

pub(crate) struct GetPlatformApplicationAttributes;

impl Action for GetPlatformApplicationAttributes {
    const NAME: &'static str = "GetPlatformApplicationAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let _ = context;
        let arn = platform::application_arn(&input.platform_application_arn)?;
        let application = sns.application(&arn).await?;
        Ok(Output { attributes: application_attributes::shown(&application.attributes) })
    }
}
