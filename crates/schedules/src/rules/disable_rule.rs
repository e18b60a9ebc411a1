//! Stops a rule until it is enabled again.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::check_bus;
use crate::Schedules;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    event_bus_name: Option<String>,
}

/// The action.
pub(crate) struct DisableRule;

impl Action for DisableRule {
    const NAME: &'static str = "DisableRule";
    type Service = Schedules;
    type Input = Input;
    type Output = ();

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<(), ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        schedules.set_rule(context, &input.name, false).await
    }
}
