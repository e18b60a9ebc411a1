//! CreateSamplingRule, DeleteSamplingRule, GetSamplingRules, UpdateSamplingRule, and what instrumented code asks on its own:
//! GetSamplingTargets, GetSamplingStatisticSummaries.
//!
//! Differs from AWS: a boost of sampling rates is refused; statistics are forgotten when the server ends.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingTargets.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::groups::refuse_tags;
use crate::Xray;
use crate::errors::constraint;
use crate::limits::STATISTICS_MAX;
use crate::sampling::{NewRule, Report, RuleId, RuleUpdate, SamplingRuleRecord, Summary, Target};
use crate::times::seconds;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    sampling_rule_record: SamplingRuleRecord,
}

/// Pages hold everything: there are no tokens.
#[derive(Deserialize)]
pub(crate) struct All {
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

pub(crate) struct CreateSamplingRule;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Creation {
    sampling_rule: NewRule,
    tags: Option<Vec<serde::de::IgnoredAny>>,
}

impl Action for CreateSamplingRule {
    const NAME: &'static str = "CreateSamplingRule";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/CreateSamplingRule", 200));
    type Service = Xray;
    type Input = Creation;
    type Output = Output;

    async fn run(xray: &Xray, context: &Context, input: Creation) -> Result<Output, ServiceError> {
        refuse_tags(input.tags.as_deref())?;
        let rule = xray.create_rule(context, input.sampling_rule).await?;
        Ok(Output { sampling_rule_record: SamplingRuleRecord::of(&rule) })
    }
}

pub(crate) struct UpdateSamplingRule;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Update {
    sampling_rule_update: RuleUpdate,
}

impl Action for UpdateSamplingRule {
    const NAME: &'static str = "UpdateSamplingRule";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/UpdateSamplingRule", 200));
    type Service = Xray;
    type Input = Update;
    type Output = Output;

    async fn run(xray: &Xray, context: &Context, input: Update) -> Result<Output, ServiceError> {
        let rule = xray.update_rule(context, input.sampling_rule_update).await?;
        Ok(Output { sampling_rule_record: SamplingRuleRecord::of(&rule) })
    }
}

pub(crate) struct DeleteSamplingRule;

impl Action for DeleteSamplingRule {
    const NAME: &'static str = "DeleteSamplingRule";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/DeleteSamplingRule", 200));
    type Service = Xray;
    type Input = RuleId;
    type Output = Output;

    async fn run(xray: &Xray, context: &Context, input: RuleId) -> Result<Output, ServiceError> {
        let rule = xray.delete_rule(context, &input).await?;
        Ok(Output { sampling_rule_record: SamplingRuleRecord::of(&rule) })
    }
}

pub(crate) struct GetSamplingRules;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rules {
    sampling_rule_records: Vec<SamplingRuleRecord>,
}

impl Action for GetSamplingRules {
    const NAME: &'static str = "GetSamplingRules";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/GetSamplingRules", 200));
    const TELLS: bool = true;
    type Service = Xray;
    type Input = All;
    type Output = Rules;

    async fn run(xray: &Xray, context: &Context, _: All) -> Result<Rules, ServiceError> {
        let rules = xray.rules(context).await?;
        Ok(Rules { sampling_rule_records: rules.iter().map(SamplingRuleRecord::of).collect() })
    }
}

pub(crate) struct GetSamplingTargets;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reports {
    sampling_statistics_documents: Vec<Report>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Targets {
    sampling_target_documents: Vec<Target>,
    last_rule_modification: f64,
    unprocessed_statistics: Vec<Unprocessed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    rule_name: String,
    error_code: &'static str,
    message: &'static str,
}

impl Action for GetSamplingTargets {
    const NAME: &'static str = "GetSamplingTargets";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/SamplingTargets", 200));
    const TELLS: bool = true;
    type Service = Xray;
    type Input = Reports;
    type Output = Targets;

    async fn run(xray: &Xray, context: &Context, input: Reports) -> Result<Targets, ServiceError> {
        const CLIENT_ID_LENGTH: usize = 24;
        let reports = input.sampling_statistics_documents;
        if reports.len() > STATISTICS_MAX {
            let rule = format!("have length less than or equal to {STATISTICS_MAX}");
            return Err(constraint("samplingStatisticsDocuments", &rule));
        }
        if reports.iter().any(|report| report.client_id.len() != CLIENT_ID_LENGTH) {
            return Err(constraint("clientID", "have length 24"));
        }
        let rules = xray.rules(context).await?;
        let (mut targets, mut unprocessed) = (Vec::new(), Vec::new());
        for report in &reports {
            match rules.iter().find(|rule| rule.name == report.rule_name) {
                Some(rule) => targets.push(xray.statistics.report(rule, report, context.now)),
                None => unprocessed.push(Unprocessed {
                    rule_name: report.rule_name.clone(),
                    error_code: "RuleNotFound",
                    message: "There is no sampling rule of that name",
                }),
            }
        }
        Ok(Targets {
            sampling_target_documents: targets,
            last_rule_modification: seconds(xray.rules_changed().await?),
            unprocessed_statistics: unprocessed,
        })
    }
}

pub(crate) struct GetSamplingStatisticSummaries;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Summaries {
    sampling_statistic_summaries: Vec<Summary>,
}

impl Action for GetSamplingStatisticSummaries {
    const NAME: &'static str = "GetSamplingStatisticSummaries";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/SamplingStatisticSummaries", 200));
    type Service = Xray;
    type Input = All;
    type Output = Summaries;

    async fn run(xray: &Xray, _: &Context, _: All) -> Result<Summaries, ServiceError> {
        Ok(Summaries { sampling_statistic_summaries: xray.statistics.summaries() })
    }
}
