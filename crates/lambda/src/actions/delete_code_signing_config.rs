//! DeleteCodeSigningConfig: removes a code signing configuration that no function has.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteCodeSigningConfig.html>

use engine::Expect;
use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::get_code_signing_config::Input;
use crate::Lambda;
use crate::code_signing::{MISSING, config_key};
use crate::errors;

/// Its output: nothing.
#[derive(Serialize)]
pub(crate) struct Output {}

/// The action.
pub(crate) struct DeleteCodeSigningConfig;

impl Action for DeleteCodeSigningConfig {
    const NAME: &'static str = "DeleteCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", 204));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let arn = &input.code_signing_config_arn;
        lambda.code_signing_config(arn, context, MISSING).await?;
        if !lambda.functions_signed_by(arn).await?.is_empty() {
            let message = "The code signing configuration cannot be deleted because it is in use by one or more functions.";
            return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
        }
        lambda.engine.delete(config_key(arn), Expect::Anything).await?;
        Ok(Output {})
    }
}
