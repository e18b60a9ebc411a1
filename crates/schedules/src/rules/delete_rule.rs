//! Deletes a rule that has no targets any more; one that is gone already is fine.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::{arn, check_bus};
use crate::Schedules;
use crate::errors::invalid;
use crate::records::{RuleRecord, decode, rule_key};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    event_bus_name: Option<String>,
}

/// The action.
pub(crate) struct DeleteRule;

impl Action for DeleteRule {
    const NAME: &'static str = "DeleteRule";
    type Service = Schedules;
    type Input = Input;
    type Output = ();

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<(), ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        let _turn = schedules.turn.lock().await;
        let key = rule_key(&arn(context, &input.name));
        let Some(record) = schedules.engine.get(&key).await? else { return Ok(()) };
        let rule: RuleRecord = decode(&record)?;
        if !rule.targets.is_empty() {
            return Err(invalid("Rule can't be deleted since it has targets."));
        }
        schedules.engine.delete(key, Expect::Anything).await?;
        schedules.figures.forget(&rule.arn);
        Ok(())
    }
}
