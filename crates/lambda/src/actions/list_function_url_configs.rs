//! ListFunctionUrlConfigs: the web addresses of a function and its aliases.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::function_url::FunctionUrlConfig;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;
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
    function_url_configs: Vec<FunctionUrlConfig>,
    next_marker: Option<String>,
}

/// The action.
pub(crate) struct ListFunctionUrlConfigs;

impl Action for ListFunctionUrlConfigs {
    const NAME: &'static str = "ListFunctionUrlConfigs";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: PAGING,
        ..Rest::new(Method::Get, "/2021-10-31/functions/{FunctionName}/urls", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let function = lambda.unqualified_function(&input.function_name, context).await?.record;
        let having = |(name, own): (&String, &Qualified)| Some((name.clone(), own.url.clone()?));
        let all: Vec<_> = function.qualified.iter().filter_map(having).collect();
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, |(name, _)| {
                name.clone()
            })?;
        let shown = shown
            .iter()
            .map(|(name, url)| FunctionUrlConfig::of(&function.arn, name, url, &context.endpoint));
        Ok(Output { function_url_configs: shown.collect(), next_marker })
    }
}
