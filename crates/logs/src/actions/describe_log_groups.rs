//! Lists log groups in order of their names.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::limit;
use crate::errors::invalid;
use crate::limits::DESCRIBED_MAX;
use crate::names::GroupKey;
use crate::records::{self, GroupRecord};
use crate::{Group, Logs};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    log_group_class: Option<String>,
    next_token: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_groups: Vec<LogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    log_group_name: String,
    creation_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<u32>,
    metric_filter_count: u32,
    arn: String,
    stored_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    log_group_class: String,
    log_group_arn: String,
}

pub(crate) struct DescribeLogGroups;

impl Action for DescribeLogGroups {
    const NAME: &'static str = "DescribeLogGroups";
    type Service = Logs;
    type Input = Input;
    type Output = Output;

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = limit(input.limit, DESCRIBED_MAX)?;
        let wanted = input.wanted(context)?;
        let all = records::groups_of(context.caller.account.as_str(), context.caller.region.as_str());
        let mut found = logs.groups.records(&all).await?;
        found.retain(|record| wanted(record));
        let after = input.next_token;
        found.retain(|record| after.as_ref().is_none_or(|after| record.name > *after));
        let more = found.len() > limit;
        found.truncate(limit);
        let next_token = found.last().filter(|_| more).map(|last| last.name.clone());
        let mut log_groups = Vec::new();
        for record in found {
            let group = logs.groups.of_record(record);
            log_groups.push(shown(&group).await?);
        }
        Ok(Output { log_groups, next_token })
    }
}

impl Input {
    /// Which groups are asked for.
    fn wanted(&self, context: &Context) -> Result<impl Fn(&GroupRecord) -> bool + use<>, ServiceError> {
        if self.log_group_name_prefix.is_some() && self.log_group_name_pattern.is_some() {
            return Err(invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            ));
        }
        let identifiers: Option<Vec<GroupKey>> = match &self.log_group_identifiers {
            Some(given) => {
                Some(given.iter().map(|one| GroupKey::identified(context, one)).collect::<Result<_, _>>()?)
            }
            None => None,
        };
        let prefix = self.log_group_name_prefix.clone().unwrap_or_default();
        let pattern = self.log_group_name_pattern.clone().unwrap_or_default();
        let class = self.log_group_class.clone();
        Ok(move |record: &GroupRecord| {
            record.name.starts_with(&prefix)
                && record.name.contains(&pattern)
                && class.as_ref().is_none_or(|class| *class == record.class)
                && identifiers.as_ref().is_none_or(|keys| keys.contains(&record.key()))
        })
    }
}

async fn shown(group: &std::sync::Arc<Group>) -> Result<LogGroup, ServiceError> {
    let (_, stored_bytes) = group.streams().await?;
    let record = group.record();
    let arn = record.key().arn();
    Ok(LogGroup {
        log_group_name: record.name.clone(),
        creation_time: record.created.0,
        retention_in_days: record.retention_days,
        metric_filter_count: 0,
        arn: format!("{arn}:*"),
        stored_bytes,
        kms_key_id: record.kms_key_id.clone(),
        log_group_class: record.class.clone(),
        log_group_arn: arn,
    })
}
