//! DeleteFunctionCodeSigningConfig: takes a code signing configuration from a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionCodeSigningConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::Named;
use crate::Lambda;

/// The action.
pub(crate) struct DeleteFunctionCodeSigningConfig;

impl Action for DeleteFunctionCodeSigningConfig {
    const NAME: &'static str = "DeleteFunctionCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2020-06-30/functions/{FunctionName}/code-signing-config", 204));
    type Service = Lambda;
    type Input = Named;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Named) -> Result<Self::Output, ServiceError> {
        let mut stored = lambda.unqualified_function(&input.function_name, context).await?;
        stored.record.code_signing_config = None;
        lambda.replace_function(&stored.record, stored.revision).await.map(drop)
    }
}
