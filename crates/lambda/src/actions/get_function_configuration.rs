//! GetFunctionConfiguration: a function's configuration; what waiters ask for.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::configuration::FunctionConfiguration;

/// The action.
pub(crate) struct GetFunctionConfiguration;

impl Action for GetFunctionConfiguration {
    const NAME: &'static str = "GetFunctionConfiguration";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}/configuration", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = FunctionConfiguration;

    async fn run(
        lambda: &Lambda,
        context: &Context,
        input: Qualified,
    ) -> Result<FunctionConfiguration, ServiceError> {
        let (name, _, version) =
            lambda.version(&input.function_name, input.qualifier.as_deref(), context).await?;
        Ok(FunctionConfiguration::named(&version, name.qualified()))
    }
}
