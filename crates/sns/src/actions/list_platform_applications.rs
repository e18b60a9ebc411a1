//! The platform applications of the caller, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListPlatformApplications.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::platform::{self, ApplicationRecord, application_attributes};
use crate::records::Attributes;
use crate::{Sns, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    platform_applications: Vec<PlatformApplication>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The shape `PlatformApplication`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlatformApplication {
    platform_application_arn: String,
    attributes: Attributes,
}

pub(crate) struct ListPlatformApplications;

impl Action for ListPlatformApplications {
    const NAME: &'static str = "ListPlatformApplications";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let prefix =
            platform::applications_of(context.caller.region.as_str(), context.caller.account.as_str());
        let page = sns.page(&prefix, input.next_token, limits::PAGE).await?;
        let shown = |record: ApplicationRecord| PlatformApplication {
            platform_application_arn: record.arn.to_string(),
            attributes: application_attributes::shown(&record.attributes),
        };
        Ok(Output {
            platform_applications: page.records.into_iter().map(shown).collect(),
            next_token: page.next_token,
        })
    }
}
