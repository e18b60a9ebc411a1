//! GetInsight, GetInsightEvents, GetInsightImpactGraph, GetInsightSummaries: none are made. A group without insights has
//! none, as at AWS; of one that is to have them it is said that there are none here, rather than that nothing is wrong.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_GetInsightSummaries.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::errors::invalid;
use crate::groups::{DEFAULT_GROUP, GroupId};

pub(crate) struct GetInsightSummaries;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wanted {
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    #[serde(rename = "StartTime")]
    _start_time: f64,
    #[serde(rename = "EndTime")]
    _end_time: f64,
    #[serde(rename = "States")]
    _states: Option<Vec<String>>,
    #[serde(rename = "MaxResults")]
    _max_results: Option<u32>,
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

/// AWS's `InsightSummary`, of which there is none.
#[derive(Serialize)]
enum Summary {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Summaries {
    insight_summaries: Vec<Summary>,
}

impl Action for GetInsightSummaries {
    const NAME: &'static str = "GetInsightSummaries";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/InsightSummaries", 200));
    type Service = Xray;
    type Input = Wanted;
    type Output = Summaries;

    async fn run(xray: &Xray, _: &Context, input: Wanted) -> Result<Summaries, ServiceError> {
        // There always is one, and its insights are off unless somebody turns them on.
        if input.group_name.as_deref() != Some(DEFAULT_GROUP) {
            let id = GroupId { group_name: input.group_name, group_arn: input.group_arn };
            if xray.group(&id).await?.insights {
                return Err(invalid("Konekuta makes no insights, although the group has them enabled"));
            }
        }
        Ok(Summaries { insight_summaries: Vec::new() })
    }
}

/// One insight, by its id. What else is asked of it does not matter: it does not exist.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct One {
    insight_id: String,
}

#[derive(Serialize)]
pub(crate) enum Never {}

fn no_such(one: &One) -> ServiceError {
    invalid(format!("Insight {} does not exist: Konekuta makes no insights", one.insight_id))
}

macro_rules! of_one {
    ($action:ident, $path:literal) => {
        pub(crate) struct $action;

        impl Action for $action {
            const NAME: &'static str = stringify!($action);
            const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, $path, 200));
            type Service = Xray;
            type Input = One;
            type Output = Never;

            async fn run(_: &Xray, _: &Context, input: One) -> Result<Never, ServiceError> {
                Err(no_such(&input))
            }
        }
    };
}

of_one!(GetInsight, "/Insight");
of_one!(GetInsightEvents, "/InsightEvents");
of_one!(GetInsightImpactGraph, "/InsightImpactGraph");
