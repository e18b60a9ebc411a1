//! PutFunctionConcurrency: at most so many executions of a function at once; 0 stops it.
//!
//! Differs from AWS: other functions are not kept from what is reserved here.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors::{constraint, invalid};
use crate::limits::{CONCURRENT_EXECUTIONS, UNRESERVED_EXECUTIONS_MIN};
use crate::records::{self, FUNCTIONS, FunctionRecord};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    reserved_concurrent_executions: i64,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    reserved_concurrent_executions: u32,
}

/// The action.
pub(crate) struct PutFunctionConcurrency;

impl Action for PutFunctionConcurrency {
    const NAME: &'static str = "PutFunctionConcurrency";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2017-10-31/functions/{FunctionName}/concurrency", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let given = input.reserved_concurrent_executions;
        let reserved = u32::try_from(given).map_err(|_| {
            constraint(
                given,
                "reservedConcurrentExecutions",
                "Member must have value greater than or equal to 0",
            )
        })?;
        let mut stored = lambda.unqualified_function(&input.function_name, context).await?;
        check_unreserved(lambda, &stored.record, reserved).await?;
        stored.record.reserved_concurrency = Some(reserved);
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(Output { reserved_concurrent_executions: reserved })
    }
}

async fn check_unreserved(
    lambda: &Lambda,
    function: &FunctionRecord,
    reserved: u32,
) -> Result<(), ServiceError> {
    let mut all = reserved;
    for record in lambda.all_records(FUNCTIONS).await? {
        let other: FunctionRecord = records::decode(&record)?;
        let counts = other.arn != function.arn
            && other.arn.region() == function.arn.region()
            && other.arn.account() == function.arn.account();
        all = all.saturating_add(other.reserved_concurrency.filter(|_| counts).unwrap_or(0));
    }
    if all <= CONCURRENT_EXECUTIONS - UNRESERVED_EXECUTIONS_MIN {
        return Ok(());
    }
    Err(invalid(format!(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
         its minimum value of [{UNRESERVED_EXECUTIONS_MIN}]."
    )))
}
