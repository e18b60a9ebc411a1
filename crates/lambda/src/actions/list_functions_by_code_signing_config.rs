//! ListFunctionsByCodeSigningConfig: the functions that have a code signing configuration.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionsByCodeSigningConfig.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::code_signing::MISSING;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    code_signing_config_arn: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    function_arns: Vec<String>,
}

/// The action.
pub(crate) struct ListFunctionsByCodeSigningConfig;

impl Action for ListFunctionsByCodeSigningConfig {
    const NAME: &'static str = "ListFunctionsByCodeSigningConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: PAGING,
        ..Rest::new(Method::Get, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let arn = &input.code_signing_config_arn;
        lambda.code_signing_config(arn, context, MISSING).await?;
        let all = lambda.functions_signed_by(arn).await?;
        let (function_arns, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, String::clone)?;
        Ok(Output { next_marker, function_arns })
    }
}
