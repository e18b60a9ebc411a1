//! ListVersionsByFunction: `$LATEST` and the published versions, in order.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;

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
    next_marker: Option<String>,
    versions: Vec<FunctionConfiguration>,
}

/// The action.
pub(crate) struct ListVersionsByFunction;

impl Action for ListVersionsByFunction {
    const NAME: &'static str = "ListVersionsByFunction";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: PAGING,
        ..Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}/versions", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        let mut all = lambda.versions(&stored.record).await?;
        all.insert(0, stored.record);
        // `$LATEST` comes before every number, as text too.
        let position = |version: &crate::records::FunctionRecord| format!("{:0>20}", version.version);
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, position)?;
        Ok(Output { next_marker, versions: shown.iter().map(FunctionConfiguration::with_version).collect() })
    }
}
