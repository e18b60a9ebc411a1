//! GetProvisionedConcurrencyConfig: how many environments of a version or alias are initialised.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::provisioned_concurrency::{ProvisionedConcurrency, not_found, provisioned, published_qualifier};

/// The action.
pub(crate) struct GetProvisionedConcurrencyConfig;

impl Action for GetProvisionedConcurrencyConfig {
    const NAME: &'static str = "GetProvisionedConcurrencyConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = ProvisionedConcurrency;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Self::Output, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let config = provisioned(&stored.record, published_qualifier(&name)?).ok_or_else(not_found)?;
        Ok(ProvisionedConcurrency::of(&config, None))
    }
}
