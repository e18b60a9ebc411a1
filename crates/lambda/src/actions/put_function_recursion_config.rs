//! PutFunctionRecursionConfig: whether a recursive loop of a function ends by itself.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors::constraint;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    recursive_loop: String,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(super) recursive_loop: String,
}

/// The action.
pub(crate) struct PutFunctionRecursionConfig;

impl Action for PutFunctionRecursionConfig {
    const NAME: &'static str = "PutFunctionRecursionConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2024-08-31/functions/{FunctionName}/recursion-config", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        if !["Allow", "Terminate"].contains(&input.recursive_loop.as_str()) {
            let rule = "Member must satisfy enum value set: [Allow, Terminate]";
            return Err(constraint(input.recursive_loop, "recursiveLoop", rule));
        }
        let mut stored = lambda.unqualified_function(&input.function_name, context).await?;
        stored.record.recursive_loop = Some(input.recursive_loop.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(Output { recursive_loop: input.recursive_loop })
    }
}
