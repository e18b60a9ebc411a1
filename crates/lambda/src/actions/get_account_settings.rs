//! GetAccountSettings: the account's quotas and what is used of them.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::limits;
use crate::records::{self, FUNCTIONS, FunctionRecord};

/// Its input: nothing.
#[derive(Deserialize)]
pub(crate) struct Input {}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    account_limit: AccountLimit,
    account_usage: AccountUsage,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    total_code_size: u64,
    code_size_unzipped: u64,
    code_size_zipped: u64,
    concurrent_executions: u32,
    unreserved_concurrent_executions: u32,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountUsage {
    total_code_size: u64,
    function_count: u64,
}

/// The action.
pub(crate) struct GetAccountSettings;

impl Action for GetAccountSettings {
    const NAME: &'static str = "GetAccountSettings";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/2016-08-19/account-settings", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, _: Input) -> Result<Output, ServiceError> {
        let (mut usage, mut reserved) = (AccountUsage::default(), 0_u32);
        for record in lambda.all_records(FUNCTIONS).await? {
            let function: FunctionRecord = records::decode(&record)?;
            let own = function.arn.account() == context.caller.account.as_str()
                && function.arn.region() == context.caller.region.as_str();
            if own {
                usage.function_count += 1;
                usage.total_code_size += function.code.size;
                reserved = reserved.saturating_add(function.reserved_concurrency.unwrap_or(0));
            }
        }
        let account_limit = AccountLimit {
            total_code_size: limits::CODE_STORAGE_BYTES,
            code_size_unzipped: limits::UNZIPPED_BYTES_MAX,
            code_size_zipped: limits::ZIP_BYTES_MAX,
            concurrent_executions: limits::CONCURRENT_EXECUTIONS,
            unreserved_concurrent_executions: limits::CONCURRENT_EXECUTIONS.saturating_sub(reserved),
        };
        Ok(Output { account_limit, account_usage: usage })
    }
}
