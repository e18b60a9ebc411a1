//! DeleteFunctionEventInvokeConfig: asynchronous events of a function are retried as AWS does by default.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::get_function_event_invoke_config::not_configured;
use super::{QUALIFIER, Qualified};
use crate::Lambda;

/// The action.
pub(crate) struct DeleteFunctionEventInvokeConfig;

impl Action for DeleteFunctionEventInvokeConfig {
    const NAME: &'static str = "DeleteFunctionEventInvokeConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Delete, "/2019-09-25/functions/{FunctionName}/event-invoke-config", 204)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<(), ServiceError> {
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        stored
            .record
            .event_invoke_mut(name.qualifier.as_deref())
            .take()
            .ok_or_else(|| not_configured(&name))?;
        lambda.replace_function(&stored.record, stored.revision).await.map(drop)
    }
}
