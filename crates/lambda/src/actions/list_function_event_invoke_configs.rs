//! ListFunctionEventInvokeConfigs: how asynchronous events are treated, for each version and alias that says so.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::PAGING;
use super::put_function_event_invoke_config::EventInvokeConfig;
use crate::Lambda;
use crate::function_name::LATEST;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::page;
use crate::records::EventInvoke;

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
    function_event_invoke_configs: Vec<EventInvokeConfig>,
    next_marker: Option<String>,
}

/// The action.
pub(crate) struct ListFunctionEventInvokeConfigs;

impl Action for ListFunctionEventInvokeConfigs {
    const NAME: &'static str = "ListFunctionEventInvokeConfigs";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: PAGING,
        ..Rest::new(Method::Get, "/2019-09-25/functions/{FunctionName}/event-invoke-config/list", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let function = lambda.unqualified_function(&input.function_name, context).await?.record;
        let own = function.event_invoke.as_ref().map(|config| (LATEST, config));
        let qualified = function.qualified.iter();
        let qualified = qualified.filter_map(|(name, own)| Some((name.as_str(), own.event_invoke.as_ref()?)));
        let all: Vec<(&str, &EventInvoke)> = own.into_iter().chain(qualified).collect();
        let (shown, next_marker) =
            page(all, input.marker.as_deref(), input.max_items, LISTED_FUNCTIONS_MAX, |(name, _)| {
                (*name).to_owned()
            })?;
        let shown =
            shown.iter().map(|(name, config)| EventInvokeConfig::of(&function.arn, Some(name), config));
        Ok(Output { function_event_invoke_configs: shown.collect(), next_marker })
    }
}
