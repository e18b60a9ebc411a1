//! ListAliases: a function's aliases by name, of one version if asked for.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::aliases::AliasConfiguration;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    aliases: Vec<AliasConfiguration>,
}

/// The action.
pub(crate) struct ListAliases;

impl Action for ListAliases {
    const NAME: &'static str = "ListAliases";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "FunctionVersion", name: "FunctionVersion" },
            Binding { member: "Marker", name: "Marker" },
            Binding { member: "MaxItems", name: "MaxItems" },
        ],
        ..Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}/aliases", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let function = lambda.aliased(&input.function_name, context).await?.record;
        let mut all = lambda.aliases(&function).await?;
        if let Some(version) = &input.function_version {
            all.retain(|alias| alias.version == *version || alias.weights.contains_key(version));
        }
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, |alias| {
                alias.name.clone()
            })?;
        let aliases = shown.into_iter().map(|alias| AliasConfiguration::of(&function, alias)).collect();
        Ok(Output { next_marker, aliases })
    }
}
