//! Creates a rule that runs on a schedule, or changes one; its targets stay.
//!
//! Differs from AWS: a rule with an event pattern is refused, since nothing here sends events to a bus.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::{arn, check_bus};
use crate::Schedules;
use crate::errors::{self, constraint, invalid};
use crate::limits::{DESCRIPTION_CHARACTERS_MAX, RULES_MAX};
use crate::records::{RuleRecord, decode, rule_key};
use crate::timing::{Timing, check_name};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    schedule_expression: Option<String>,
    event_pattern: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rule_arn: String,
}

/// The action.
pub(crate) struct PutRule;

impl Action for PutRule {
    const NAME: &'static str = "PutRule";
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        check_name(&input.name)?;
        let arn = arn(context, &input.name);
        let enabled = enabled(input.state.as_deref())?;
        let expression = expression(&input)?;
        let mut timing = Timing::of_rule(expression, context.now)?;
        let _turn = schedules.turn.lock().await;
        let earlier: Option<RuleRecord> =
            schedules.engine.get(&rule_key(&arn)).await?.map(|record| decode(&record)).transpose()?;
        if earlier.is_none() && schedules.rules_of(context).await?.len() >= RULES_MAX {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(ServiceError::new(&errors::LIMIT_EXCEEDED, message));
        }
        match &earlier {
            // A rule that is only described otherwise runs on.
            Some(earlier) if enabled && earlier.enabled && earlier.timing.is_alike(&timing) => {
                timing = earlier.timing.clone();
            }
            _ if enabled => timing.run_from(context.now),
            _ => {}
        }
        let (targets, tags) = earlier.map(|rule| (rule.targets, rule.tags)).unwrap_or_default();
        let given: BTreeMap<String, String> =
            input.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
        let rule = RuleRecord {
            arn,
            name: input.name,
            description: input.description,
            enabled,
            role_arn: input.role_arn,
            timing,
            targets,
            tags: if tags.is_empty() { given } else { tags },
        };
        schedules.store_rule(&rule).await?;
        Ok(Output { rule_arn: rule.arn.to_string() })
    }
}

fn enabled(state: Option<&str>) -> Result<bool, ServiceError> {
    match state {
        None | Some("ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => Ok(true),
        Some("DISABLED") => Ok(false),
        Some(other) => Err(constraint(
            other,
            "state",
            "satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
        )),
    }
}

fn expression(input: &Input) -> Result<&str, ServiceError> {
    if input.event_pattern.is_some() {
        return Err(invalid(
            "Rules with an EventPattern are not supported by Konekuta; give a ScheduleExpression.",
        ));
    }
    let description = input.description.as_deref().unwrap_or_default();
    if description.chars().count() > DESCRIPTION_CHARACTERS_MAX {
        let rule = format!("have length less than or equal to {DESCRIPTION_CHARACTERS_MAX}");
        return Err(constraint(description, "description", &rule));
    }
    let expression = input.schedule_expression.as_deref().filter(|expression| !expression.is_empty());
    expression.ok_or_else(|| invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."))
}
