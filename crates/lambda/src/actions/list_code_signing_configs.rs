//! ListCodeSigningConfigs: the code signing configurations of the caller.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListCodeSigningConfigs.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::code_signing::{CONFIGS, CodeSigningConfig, CodeSigningRecord, arn_prefix};
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;
use crate::records;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    code_signing_configs: Vec<CodeSigningConfig>,
}

/// The action.
pub(crate) struct ListCodeSigningConfigs;

impl Action for ListCodeSigningConfigs {
    const NAME: &'static str = "ListCodeSigningConfigs";
    const REST: Option<&'static Rest> =
        Some(&Rest { query: PAGING, ..Rest::new(Method::Get, "/2020-04-22/code-signing-configs", 200) });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let own = format!("{CONFIGS}{}", arn_prefix(&context.caller));
        let mut all: Vec<CodeSigningRecord> = Vec::new();
        for record in lambda.all_records(&own).await? {
            all.push(records::decode(&record)?);
        }
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, |config| {
                config.id.clone()
            })?;
        Ok(Output {
            next_marker,
            code_signing_configs: shown.into_iter().map(CodeSigningConfig::from).collect(),
        })
    }
}
