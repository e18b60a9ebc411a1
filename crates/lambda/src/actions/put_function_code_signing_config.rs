//! PutFunctionCodeSigningConfig: gives a function a code signing configuration.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionCodeSigningConfig.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    code_signing_config_arn: String,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(super) code_signing_config_arn: String,
    pub(super) function_name: String,
}

/// The action.
pub(crate) struct PutFunctionCodeSigningConfig;

impl Action for PutFunctionCodeSigningConfig {
    const NAME: &'static str = "PutFunctionCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2020-06-30/functions/{FunctionName}/code-signing-config", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let arn = input.code_signing_config_arn;
        lambda.code_signing_config(&arn, context, &errors::CODE_SIGNING_CONFIG_NOT_FOUND).await?;
        let mut stored = lambda.unqualified_function(&input.function_name, context).await?;
        stored.record.code_signing_config = Some(arn.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(Output { code_signing_config_arn: arn, function_name: stored.record.name })
    }
}
