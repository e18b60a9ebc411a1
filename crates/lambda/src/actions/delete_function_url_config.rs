//! DeleteFunctionUrlConfig: takes the web address from a function or an alias. The next one is another.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::function_url::url_qualifier;
use crate::policy;

/// The action.
pub(crate) struct DeleteFunctionUrlConfig;

impl Action for DeleteFunctionUrlConfig {
    const NAME: &'static str = "DeleteFunctionUrlConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Delete, "/2021-10-31/functions/{FunctionName}/url", 204)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Self::Output, ServiceError> {
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let own = stored.record.qualified.get_mut(url_qualifier(&name)?);
        let url = own.and_then(|own| own.url.take()).ok_or_else(policy::not_found)?;
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(lambda.forget_url(&url.id).await?)
    }
}
