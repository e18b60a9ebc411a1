//! EventBridge: rules and their targets, one file per action.

mod delete_rule;
mod describe_rule;
mod disable_rule;
mod enable_rule;
mod list_rules;
mod list_targets_by_rule;
mod put_rule;
mod put_targets;
mod remove_targets;

use aws::Arn;
use engine::Expect;
use serde::Serialize;
use service::{Context, ServiceError};

use crate::Schedules;
use crate::errors::{self, no_such_rule};
use crate::records::{RuleRecord, decode, encode, rule_key};

pub(crate) use delete_rule::DeleteRule;
pub(crate) use describe_rule::DescribeRule;
pub(crate) use disable_rule::DisableRule;
pub(crate) use enable_rule::EnableRule;
pub(crate) use list_rules::ListRules;
pub(crate) use list_targets_by_rule::ListTargetsByRule;
pub(crate) use put_rule::PutRule;
pub(crate) use put_targets::{DeadLetterConfig, PutTargets, RetryPolicy, SqsParameters, check_input};
pub(crate) use remove_targets::RemoveTargets;

/// The one event bus.
const DEFAULT_BUS: &str = "default";

fn arn(context: &Context, name: &str) -> Arn {
    let caller = &context.caller;
    Arn::new("events", caller.region.as_str(), caller.account.as_str(), &format!("rule/{name}"))
}

/// Scheduled rules are on the default bus. `ResourceNotFoundException`.
fn check_bus(bus: Option<&str>) -> Result<(), ServiceError> {
    match bus {
        None | Some(DEFAULT_BUS) => Ok(()),
        Some(arn) if arn.ends_with(":event-bus/default") => Ok(()),
        Some(other) => {
            let message = format!("Event bus {other} does not exist.");
            Err(ServiceError::new(&errors::RULE_NOT_FOUND, message))
        }
    }
}

impl Schedules {
    /// The rule of that name. `ResourceNotFoundException`.
    async fn rule(&self, context: &Context, name: &str) -> Result<RuleRecord, ServiceError> {
        let found = self.engine.get(&rule_key(&arn(context, name))).await?;
        let record = found.ok_or_else(|| no_such_rule(name))?;
        Ok(decode(&record)?)
    }

    async fn store_rule(&self, rule: &RuleRecord) -> Result<(), ServiceError> {
        self.engine.put(rule_key(&rule.arn), encode(rule), Expect::Anything).await?;
        Ok(())
    }

    async fn set_rule(&self, context: &Context, name: &str, enabled: bool) -> Result<(), ServiceError> {
        let _turn = self.turn.lock().await;
        let mut rule = self.rule(context, name).await?;
        if rule.enabled != enabled {
            rule.enabled = enabled;
            if enabled {
                rule.timing.run_from(context.now);
            } else {
                rule.timing.pause();
            }
            self.store_rule(&rule).await?;
        }
        Ok(())
    }
}

/// A rule as AWS shows it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    name: String,
    arn: String,
    state: &'static str,
    schedule_expression: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    event_bus_name: &'static str,
}

impl Rule {
    fn of(rule: RuleRecord) -> Self {
        Self {
            name: rule.name,
            arn: rule.arn.to_string(),
            state: if rule.enabled { "ENABLED" } else { "DISABLED" },
            schedule_expression: rule.timing.expression,
            description: rule.description,
            role_arn: rule.role_arn,
            event_bus_name: DEFAULT_BUS,
        }
    }
}
