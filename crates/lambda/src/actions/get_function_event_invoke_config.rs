//! GetFunctionEventInvokeConfig: how asynchronous events of a function are retried, where that was configured.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::put_function_event_invoke_config::EventInvokeConfig;
use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::errors;
use crate::function_name::{FunctionName, LATEST};

/// The action.
pub(crate) struct GetFunctionEventInvokeConfig;

impl Action for GetFunctionEventInvokeConfig {
    const NAME: &'static str = "GetFunctionEventInvokeConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2019-09-25/functions/{FunctionName}/event-invoke-config", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = EventInvokeConfig;

    async fn run(
        lambda: &Lambda,
        context: &Context,
        input: Qualified,
    ) -> Result<EventInvokeConfig, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        let config = stored.record.event_invoke(qualifier).ok_or_else(|| not_configured(&name))?;
        Ok(EventInvokeConfig::of(&name.arn, qualifier, config))
    }
}

/// Nothing was configured.
pub(super) fn not_configured(name: &FunctionName) -> ServiceError {
    let qualifier = name.qualifier.as_deref().unwrap_or(LATEST);
    let message = format!("The function {}:{qualifier} doesn't have an EventInvokeConfig", name.arn);
    ServiceError::new(&errors::RESOURCE_NOT_FOUND, message)
}
