//! A rule's targets, in the order of their ids.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::check_bus;
use super::put_targets::Target;
use crate::Schedules;
use crate::paging::page;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    targets: Vec<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The action.
pub(crate) struct ListTargetsByRule;

impl Action for ListTargetsByRule {
    const NAME: &'static str = "ListTargetsByRule";
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        let rule = schedules.rule(context, &input.rule).await?;
        let all = rule.targets.into_iter().collect();
        let (targets, next_token) = page(all, input.next_token.as_deref(), input.limit, |(id, _)| id)?;
        Ok(Output {
            targets: targets.into_iter().map(|(id, target)| Target::of(id, target)).collect(),
            next_token,
        })
    }
}
