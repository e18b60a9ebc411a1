//! PutProvisionedConcurrencyConfig: keeps so many environments of a version or alias initialised.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::errors::invalid;
use crate::limits::{CONCURRENT_EXECUTIONS, UNRESERVED_EXECUTIONS_MIN};
use crate::provisioned_concurrency::{ProvisionedConcurrency, published_qualifier};
use crate::records::Provisioned;
use crate::settings::within;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: String,
    provisioned_concurrent_executions: i64,
}

/// The action.
pub(crate) struct PutProvisionedConcurrencyConfig;

impl Action for PutProvisionedConcurrencyConfig {
    const NAME: &'static str = "PutProvisionedConcurrencyConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Put, "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 202)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = ProvisionedConcurrency;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let requested = within(
            input.provisioned_concurrent_executions,
            "provisionedConcurrentExecutions",
            1,
            i32::MAX.unsigned_abs(),
        )?;
        let (name, mut stored) =
            lambda.function(&input.function_name, Some(&input.qualifier), context).await?;
        let qualifier = published_qualifier(&name)?;
        if stored.record.reserved_concurrency.is_some_and(|reserved| requested > reserved) {
            return Err(invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for \
                 function",
            ));
        }
        if requested > CONCURRENT_EXECUTIONS - UNRESERVED_EXECUTIONS_MIN {
            return Err(invalid(format!(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{}].",
                CONCURRENT_EXECUTIONS - UNRESERVED_EXECUTIONS_MIN
            )));
        }
        let config = Provisioned { requested, allocated: None, last_modified: context.now };
        stored.record.qualified.entry(qualifier.to_owned()).or_default().provisioned = Some(config.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        lambda.provision_soon(name.arn.clone(), qualifier.to_owned());
        Ok(ProvisionedConcurrency::of(&config, None))
    }
}
