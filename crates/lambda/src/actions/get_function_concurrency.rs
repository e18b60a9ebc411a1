//! GetFunctionConcurrency: how many executions of a function are reserved.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html>

use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::Named;
use crate::Lambda;

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_concurrent_executions: Option<u32>,
}

/// The action.
pub(crate) struct GetFunctionConcurrency;

impl Action for GetFunctionConcurrency {
    const NAME: &'static str = "GetFunctionConcurrency";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2019-09-30/functions/{FunctionName}/concurrency", 200));
    type Service = Lambda;
    type Input = Named;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Named) -> Result<Output, ServiceError> {
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        Ok(Output { reserved_concurrent_executions: stored.record.reserved_concurrency })
    }
}
