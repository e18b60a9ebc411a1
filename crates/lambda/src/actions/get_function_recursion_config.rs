//! GetFunctionRecursionConfig: whether a recursive loop of a function ends by itself.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::Named;
use super::put_function_recursion_config::Output;
use crate::Lambda;
use crate::recursion::TERMINATE;

/// The action.
pub(crate) struct GetFunctionRecursionConfig;

impl Action for GetFunctionRecursionConfig {
    const NAME: &'static str = "GetFunctionRecursionConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2024-08-31/functions/{FunctionName}/recursion-config", 200));
    type Service = Lambda;
    type Input = Named;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Named) -> Result<Self::Output, ServiceError> {
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        let recursive_loop = stored.record.recursive_loop.unwrap_or_else(|| TERMINATE.to_owned());
        Ok(Output { recursive_loop })
    }
}
