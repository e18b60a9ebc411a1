//! InvokeAsync: the older way to invoke a function asynchronously.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html>

use serde::{Deserialize, Serialize};
use service::{Action, Blob, Context, Method, Rest, ServiceError};

use super::invoke;
use crate::Lambda;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    invoke_args: Blob,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    status: u16,
}

/// The action.
pub(crate) struct InvokeAsync;

impl Action for InvokeAsync {
    const NAME: &'static str = "InvokeAsync";
    const REST: Option<&'static Rest> = Some(&Rest {
        payload: Some("InvokeArgs"),
        output_status: Some("Status"),
        ..Rest::new(Method::Post, "/2014-11-13/functions/{FunctionName}/invoke-async", 202)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let input = invoke::Input::event(input.function_name, input.invoke_args);
        let answer = invoke::Invoke::run(lambda, context, input).await?;
        Ok(Output { status: answer.status_code })
    }
}
