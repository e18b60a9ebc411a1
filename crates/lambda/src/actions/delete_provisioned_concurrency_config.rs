//! DeleteProvisionedConcurrencyConfig: keeps environments of a version or alias no longer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::provisioned_concurrency::{not_found, published_qualifier};

/// The action.
pub(crate) struct DeleteProvisionedConcurrencyConfig;

impl Action for DeleteProvisionedConcurrencyConfig {
    const NAME: &'static str = "DeleteProvisionedConcurrencyConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Delete, "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 204)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Self::Output, ServiceError> {
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = published_qualifier(&name)?;
        let own = stored.record.qualified.get_mut(qualifier);
        own.and_then(|own| own.provisioned.take()).ok_or_else(not_found)?;
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(lambda.unprovision(&stored.record, qualifier).await?)
    }
}
