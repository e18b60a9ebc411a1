//! ListEventSourceMappings: the caller's mappings, of one queue or function if asked for.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::event_source_mapping::Mapping;
use crate::function_name::FunctionName;
use crate::limits::LISTED_MAPPINGS_MAX;
use crate::paging::page;
use crate::records::{self, MAPPINGS, MappingRecord};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    event_source_arn: Option<String>,
    function_name: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    event_source_mappings: Vec<Mapping>,
}

/// The action.
pub(crate) struct ListEventSourceMappings;

impl Action for ListEventSourceMappings {
    const NAME: &'static str = "ListEventSourceMappings";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "EventSourceArn", name: "EventSourceArn" },
            Binding { member: "FunctionName", name: "FunctionName" },
            Binding { member: "Marker", name: "Marker" },
            Binding { member: "MaxItems", name: "MaxItems" },
        ],
        ..Rest::new(Method::Get, "/2015-03-31/event-source-mappings", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let function = match input.function_name.as_deref() {
            Some(name) => Some(FunctionName::parse(name, None, &context.caller)?.qualified_arn()),
            None => None,
        };
        let asked = |record: &MappingRecord| {
            record.account == context.caller.account.as_str()
                && record.region == context.caller.region.as_str()
                && input.event_source_arn.as_deref().is_none_or(|arn| arn == record.queue.as_str())
                && function.as_ref().is_none_or(|arn| *arn == record.called_arn())
        };
        let mut found: Vec<MappingRecord> = Vec::new();
        for record in lambda.all_records(MAPPINGS).await? {
            let mapping = records::decode(&record)?;
            if asked(&mapping) {
                found.push(mapping);
            }
        }
        let position = |mapping: &MappingRecord| mapping.uuid.clone();
        let (shown, next_marker) =
            page(found, input.marker.as_deref(), input.max_items, LISTED_MAPPINGS_MAX, position)?;
        Ok(Output { next_marker, event_source_mappings: shown.iter().map(Mapping::of).collect() })
    }
}
