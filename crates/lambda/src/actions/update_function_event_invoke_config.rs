//! UpdateFunctionEventInvokeConfig: as PutFunctionEventInvokeConfig, but what is not given stays.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use super::get_function_event_invoke_config::not_configured;
use super::put_function_event_invoke_config::{EventInvokeConfig, Input};
use crate::Lambda;
use crate::records::EventInvoke;

/// The action.
pub(crate) struct UpdateFunctionEventInvokeConfig;

impl Action for UpdateFunctionEventInvokeConfig {
    const NAME: &'static str = "UpdateFunctionEventInvokeConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Post, "/2019-09-25/functions/{FunctionName}/event-invoke-config", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = EventInvokeConfig;

    async fn run(
        lambda: &Lambda,
        context: &Context,
        input: Input,
    ) -> Result<EventInvokeConfig, ServiceError> {
        let given = input.checked(context.now)?;
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        let before = stored.record.event_invoke(qualifier).ok_or_else(|| not_configured(&name))?;
        let config = EventInvoke {
            maximum_retry_attempts: given.maximum_retry_attempts.or(before.maximum_retry_attempts),
            maximum_event_age_seconds: given.maximum_event_age_seconds.or(before.maximum_event_age_seconds),
            on_success: given.on_success.or_else(|| before.on_success.clone()),
            on_failure: given.on_failure.or_else(|| before.on_failure.clone()),
            last_modified: given.last_modified,
        };
        *stored.record.event_invoke_mut(qualifier) = Some(config.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(EventInvokeConfig::of(&name.arn, qualifier, &config))
    }
}
