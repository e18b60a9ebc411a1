//! A rule's settings.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::{Rule, check_bus};
use crate::Schedules;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    event_bus_name: Option<String>,
}

/// The action.
pub(crate) struct DescribeRule;

impl Action for DescribeRule {
    const NAME: &'static str = "DescribeRule";
    type Service = Schedules;
    type Input = Input;
    type Output = Rule;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Rule, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        schedules.rule(context, &input.name).await.map(Rule::of)
    }
}
