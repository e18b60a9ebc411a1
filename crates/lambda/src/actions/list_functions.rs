//! ListFunctions: the functions of the caller's account and Region, by name, 50 at a time.
//!
//! Differs from AWS: with `FunctionVersion` `ALL`, 50 functions at a time, each with all its versions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::errors::constraint;
use crate::limits::LISTED_FUNCTIONS_MAX;
use crate::paging::{limit, marker_of, position_of};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    marker: Option<String>,
    max_items: Option<i64>,
    function_version: Option<String>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    next_marker: Option<String>,
    functions: Vec<FunctionConfiguration>,
}

/// The action.
pub(crate) struct ListFunctions;

impl Action for ListFunctions {
    const NAME: &'static str = "ListFunctions";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "Marker", name: "Marker" },
            Binding { member: "MaxItems", name: "MaxItems" },
            Binding { member: "FunctionVersion", name: "FunctionVersion" },
        ],
        ..Rest::new(Method::Get, "/2015-03-31/functions", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let all_versions = match input.function_version.as_deref() {
            None => false,
            Some("ALL") => true,
            Some(other) => {
                let rule = "Member must satisfy enum value set: [ALL]";
                return Err(constraint(other, "functionVersion", rule));
            }
        };
        let limit = limit(input.max_items, LISTED_FUNCTIONS_MAX)?;
        let after = input.marker.as_deref().map(position_of).transpose()?;
        let mut found = lambda.list_functions(&context.caller, after.as_deref(), limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next_marker = found.last().filter(|_| more).map(|record| marker_of(&record.name));
        let mut functions = Vec::new();
        for record in &found {
            if all_versions {
                functions.push(FunctionConfiguration::with_version(record));
                functions.extend(lambda.versions(record).await?.iter().map(FunctionConfiguration::of));
            } else {
                functions.push(FunctionConfiguration::of(record));
            }
        }
        Ok(Output { next_marker, functions })
    }
}
