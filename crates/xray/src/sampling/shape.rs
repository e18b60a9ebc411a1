//! A sampling rule as it is written: AWS's `SamplingRule`, `SamplingRuleUpdate` and `SamplingRuleRecord`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::ServiceError;

use crate::errors::{constraint, invalid};
use crate::records::RuleRecord;
use crate::times::seconds;

/// A rule that is to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewRule {
    pub(crate) rule_name: Option<String>,
    #[serde(rename = "RuleARN")]
    pub(crate) rule_arn: Option<String>,
    #[serde(rename = "ResourceARN")]
    pub(crate) resource_arn: String,
    pub(crate) priority: u32,
    pub(crate) fixed_rate: f64,
    pub(crate) reservoir_size: u32,
    pub(crate) service_name: String,
    pub(crate) service_type: String,
    pub(crate) host: String,
    #[serde(rename = "HTTPMethod")]
    pub(crate) http_method: String,
    #[serde(rename = "URLPath")]
    pub(crate) url_path: String,
    pub(crate) version: u32,
    #[serde(default)]
    pub(crate) attributes: Option<BTreeMap<String, String>>,
    pub(crate) sampling_rate_boost: Option<serde::de::IgnoredAny>,
}

/// What is to be changed of a rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RuleUpdate {
    pub(crate) rule_name: Option<String>,
    #[serde(rename = "RuleARN")]
    pub(crate) rule_arn: Option<String>,
    #[serde(rename = "ResourceARN")]
    pub(crate) resource_arn: Option<String>,
    pub(crate) priority: Option<u32>,
    pub(crate) fixed_rate: Option<f64>,
    pub(crate) reservoir_size: Option<u32>,
    pub(crate) service_name: Option<String>,
    pub(crate) service_type: Option<String>,
    pub(crate) host: Option<String>,
    #[serde(rename = "HTTPMethod")]
    pub(crate) http_method: Option<String>,
    #[serde(rename = "URLPath")]
    pub(crate) url_path: Option<String>,
    pub(crate) attributes: Option<BTreeMap<String, String>>,
    pub(crate) sampling_rate_boost: Option<serde::de::IgnoredAny>,
}

/// A rule as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SamplingRuleRecord {
    sampling_rule: SamplingRule,
    created_at: f64,
    modified_at: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingRule {
    rule_name: String,
    #[serde(rename = "RuleARN")]
    rule_arn: String,
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    priority: u32,
    fixed_rate: f64,
    reservoir_size: u32,
    service_name: String,
    service_type: String,
    host: String,
    #[serde(rename = "HTTPMethod")]
    http_method: String,
    #[serde(rename = "URLPath")]
    url_path: String,
    version: u32,
    attributes: BTreeMap<String, String>,
}

impl SamplingRuleRecord {
    pub(crate) fn of(record: &RuleRecord) -> Self {
        let rule = record.clone();
        Self {
            sampling_rule: SamplingRule {
                rule_name: rule.name,
                rule_arn: rule.arn,
                resource_arn: rule.resource_arn,
                priority: rule.priority,
                fixed_rate: rule.fixed_rate,
                reservoir_size: rule.reservoir_size,
                service_name: rule.service_name,
                service_type: rule.service_type,
                host: rule.host,
                http_method: rule.http_method,
                url_path: rule.url_path,
                version: 1,
                attributes: rule.attributes,
            },
            created_at: seconds(record.created),
            modified_at: seconds(record.modified),
        }
    }
}

/// AWS's constraints of a rule.
pub(super) fn check(rule: &RuleRecord, default: bool) -> Result<(), ServiceError> {
    const PRIORITY_MAX: u32 = 9999;
    const ATTRIBUTES_MAX: usize = 5;
    let length = |member: &str, text: &str, most: usize| match text.chars().count() {
        count if count > most => {
            Err(constraint(member, &format!("have length less than or equal to {most}")))
        }
        0 => Err(constraint(member, "have length greater than or equal to 1")),
        _ => Ok(()),
    };
    if !default && !(1..=PRIORITY_MAX).contains(&rule.priority) {
        return Err(constraint("samplingRule.priority", "have value between 1 and 9999"));
    }
    if !(0.0..=1.0).contains(&rule.fixed_rate) {
        return Err(constraint("samplingRule.fixedRate", "have value between 0 and 1"));
    }
    if rule.attributes.len() > ATTRIBUTES_MAX {
        return Err(constraint("samplingRule.attributes", "have length less than or equal to 5"));
    }
    if rule
        .attributes
        .iter()
        .any(|(key, value)| !(1..=32).contains(&key.len()) || !(1..=32).contains(&value.len()))
    {
        return Err(invalid("An attribute's key and value have 1 to 32 characters"));
    }
    length("samplingRule.ruleName", &rule.name, 32)?;
    length("samplingRule.resourceARN", &rule.resource_arn, 500)?;
    length("samplingRule.serviceName", &rule.service_name, 64)?;
    length("samplingRule.serviceType", &rule.service_type, 64)?;
    length("samplingRule.host", &rule.host, 64)?;
    length("samplingRule.httpMethod", &rule.http_method, 10)?;
    length("samplingRule.urlPath", &rule.url_path, 128)
}
