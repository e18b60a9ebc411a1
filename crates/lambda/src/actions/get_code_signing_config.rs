//! GetCodeSigningConfig: a code signing configuration.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code_signing::{MISSING, Shown};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(super) code_signing_config_arn: String,
}

/// The action.
pub(crate) struct GetCodeSigningConfig;

impl Action for GetCodeSigningConfig {
    const NAME: &'static str = "GetCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Shown;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let found = lambda.code_signing_config(&input.code_signing_config_arn, context, MISSING).await?;
        Ok(found.0.into())
    }
}
