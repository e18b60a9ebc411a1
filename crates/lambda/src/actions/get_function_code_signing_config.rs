//! GetFunctionCodeSigningConfig: the code signing configuration of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::Named;
use super::put_function_code_signing_config::Output;
use crate::Lambda;

/// The action.
pub(crate) struct GetFunctionCodeSigningConfig;

impl Action for GetFunctionCodeSigningConfig {
    const NAME: &'static str = "GetFunctionCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2020-06-30/functions/{FunctionName}/code-signing-config", 200));
    type Service = Lambda;
    type Input = Named;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Named) -> Result<Self::Output, ServiceError> {
        let record = lambda.unqualified_function(&input.function_name, context).await?.record;
        Ok(Output {
            // Botocore wants both members; AWS leaves the ARN empty where there is none.
            code_signing_config_arn: record.code_signing_config.unwrap_or_default(),
            function_name: record.name,
        })
    }
}
