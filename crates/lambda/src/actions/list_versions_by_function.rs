//! ListVersionsByFunction: `$LATEST`, the only version there is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::{limit, position_of};

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
        limit(input.max_items, LISTED_FUNCTIONS_MAX)?;
        let begins = input.marker.as_deref().map(position_of).transpose()?.is_none();
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        let latest = begins.then(|| FunctionConfiguration::of(&stored.record).with_version());
        Ok(Output { versions: latest.into_iter().collect() })
    }
}
