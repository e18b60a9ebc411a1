//! GetRuntimeManagementConfig: when a function gets a newer runtime.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::put_runtime_management_config::RuntimeManagementConfig;
use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::function_name::LATEST;

/// The action.
pub(crate) struct GetRuntimeManagementConfig;

impl Action for GetRuntimeManagementConfig {
    const NAME: &'static str = "GetRuntimeManagementConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2021-07-20/functions/{FunctionName}/runtime-management-config", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = RuntimeManagementConfig;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Self::Output, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let own = stored.record.qualified.get(name.qualifier.as_deref().unwrap_or(LATEST));
        let config = own.and_then(|own| own.runtime_management.clone()).unwrap_or_default();
        Ok(RuntimeManagementConfig::of(name.qualified(), config))
    }
}
