//! The caller's rules, in the order of their names.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::{Rule, check_bus};
use crate::Schedules;
use crate::paging::page;
use crate::records::{RULES, RuleRecord, decode};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The action.
pub(crate) struct ListRules;

impl Action for ListRules {
    const NAME: &'static str = "ListRules";
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_bus(input.event_bus_name.as_deref())?;
        let wanted =
            |rule: &RuleRecord| rule.name.starts_with(input.name_prefix.as_deref().unwrap_or_default());
        let mut rules = schedules.rules_of(context).await?;
        rules.retain(wanted);
        let (rules, next_token) = page(rules, input.next_token.as_deref(), input.limit, |rule| &rule.name)?;
        Ok(Output { rules: rules.into_iter().map(Rule::of).collect(), next_token })
    }
}

impl Schedules {
    /// The caller's rules, in the order of their names.
    pub(super) async fn rules_of(&self, context: &Context) -> Result<Vec<RuleRecord>, ServiceError> {
        let caller = &context.caller;
        let own = format!("{RULES}arn:aws:events:{}:{}:rule/", caller.region, caller.account);
        let rules: Result<Vec<RuleRecord>, _> = self.all(&own).await?.iter().map(decode).collect();
        Ok(rules?)
    }
}
