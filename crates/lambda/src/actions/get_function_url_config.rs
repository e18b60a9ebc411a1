//! GetFunctionUrlConfig: the web address of a function or an alias.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::function_url::{FunctionUrlConfig, url_of, url_qualifier};
use crate::policy;

/// The action.
pub(crate) struct GetFunctionUrlConfig;

impl Action for GetFunctionUrlConfig {
    const NAME: &'static str = "GetFunctionUrlConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2021-10-31/functions/{FunctionName}/url", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = FunctionUrlConfig;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Self::Output, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = url_qualifier(&name)?;
        let url = url_of(&stored.record, qualifier).ok_or_else(policy::not_found)?;
        Ok(FunctionUrlConfig::of(&name.arn, qualifier, url, &context.endpoint))
    }
}
