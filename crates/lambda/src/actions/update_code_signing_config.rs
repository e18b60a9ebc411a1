//! UpdateCodeSigningConfig: other settings for a code signing configuration; what is not given stays.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateCodeSigningConfig.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code_signing::{
    AllowedPublishers, CodeSigningPolicies, MISSING, Shown, checked_policy, checked_publishers, config_key,
};
use crate::records;
use crate::settings::checked_description;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    code_signing_config_arn: String,
    description: Option<String>,
    allowed_publishers: Option<AllowedPublishers>,
    code_signing_policies: Option<CodeSigningPolicies>,
}

/// The action.
pub(crate) struct UpdateCodeSigningConfig;

impl Action for UpdateCodeSigningConfig {
    const NAME: &'static str = "UpdateCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Shown;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let arn = &input.code_signing_config_arn;
        let (mut record, revision) = lambda.code_signing_config(arn, context, MISSING).await?;
        if let Some(description) = input.description {
            record.description = checked_description(description)?;
        }
        if let Some(publishers) = input.allowed_publishers {
            record.publishers = checked_publishers(publishers)?;
        }
        if let Some(policies) = &input.code_signing_policies {
            record.policy = checked_policy(policies)?;
        }
        record.last_modified = context.now;
        lambda.engine.put(config_key(arn), records::encode(&record), Expect::Revision(revision)).await?;
        Ok(record.into())
    }
}
