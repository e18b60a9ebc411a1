//! The endpoints of a platform application, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListEndpointsByPlatformApplication.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::platform::{self, EndpointRecord};
use crate::records::Attributes;
use crate::{Sns, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    platform_application_arn: String,
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    endpoints: Vec<Endpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The shape `Endpoint`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Endpoint {
    endpoint_arn: String,
    attributes: Attributes,
}

pub(crate) struct ListEndpointsByPlatformApplication;

impl Action for ListEndpointsByPlatformApplication {
    const NAME: &'static str = "ListEndpointsByPlatformApplication";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let _ = context;
        let arn = platform::application_arn(&input.platform_application_arn)?;
        sns.application(&arn).await?;
        let page = sns.page(&platform::endpoints_of(&arn), input.next_token, limits::PAGE).await?;
        let shown = |record: EndpointRecord| Endpoint {
            endpoint_arn: record.arn.to_string(),
            attributes: record.attributes,
        };
        Ok(Output { endpoints: page.records.into_iter().map(shown).collect(), next_token: page.next_token })
    }
}
