//! Takes targets from a rule; ids that it has not are fine.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemoveTargets.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::check_bus;
use crate::Schedules;
use crate::errors::constraint;
use crate::limits::TARGETS_A_CALL_MAX;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    failed_entry_count: usize,
    failed_entries: [(); 0],
}

/// The action.
pub(crate) struct RemoveTargets;

impl Action for RemoveTargets {
    const NAME: &'static str = "RemoveTargets";
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        if !(1..=TARGETS_A_CALL_MAX).contains(&input.ids.len()) {
            let rule = format!("have length between 1 and {TARGETS_A_CALL_MAX}");
            return Err(constraint("[]", "ids", &rule));
        }
        let _turn = schedules.turn.lock().await;
        let mut rule = schedules.rule(context, &input.rule).await?;
        rule.targets.retain(|id, _| !input.ids.contains(id));
        schedules.store_rule(&rule).await?;
        Ok(Output { failed_entry_count: 0, failed_entries: [] })
    }
}
