//! ListProvisionedConcurrencyConfigs: all that is configured for versions and aliases of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;
use crate::provisioned_concurrency::ProvisionedConcurrency;
use crate::records::Qualified;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    provisioned_concurrency_configs: Vec<ProvisionedConcurrency>,
    next_marker: Option<String>,
}

/// The action.
pub(crate) struct ListProvisionedConcurrencyConfigs;

impl Action for ListProvisionedConcurrencyConfigs {
    const NAME: &'static str = "ListProvisionedConcurrencyConfigs";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: PAGING,
        query_literal: Some(("List", "ALL")),
        ..Rest::new(Method::Get, "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let function = lambda.unqualified_function(&input.function_name, context).await?.record;
        let configured = |(name, own): (&String, &Qualified)| Some((name.clone(), own.provisioned.clone()?));
        let all: Vec<_> = function.qualified.iter().filter_map(configured).collect();
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, |(name, _)| {
                name.clone()
            })?;
        let shown = shown.iter().map(|(name, config)| {
            ProvisionedConcurrency::of(config, Some(format!("{}:{name}", function.arn)))
        });
        Ok(Output { provisioned_concurrency_configs: shown.collect(), next_marker })
    }
}
