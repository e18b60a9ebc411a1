//! The caller's schedules, in the order of their names.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html>

use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use super::settings::state;
use super::{DEFAULT_GROUP, check_group, seconds};
use crate::Schedules;
use crate::paging::page;
use crate::records::ScheduleRecord;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: Option<String>,
    name_prefix: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedules: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    arn: String,
    group_name: &'static str,
    state: &'static str,
    name: String,
    creation_date: f64,
    last_modification_date: f64,
    target: TargetSummary,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetSummary {
    arn: String,
}

/// The action.
pub(crate) struct ListSchedules;

impl Action for ListSchedules {
    const NAME: &'static str = "ListSchedules";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "GroupName", name: "ScheduleGroup" },
            Binding { member: "NamePrefix", name: "NamePrefix" },
            Binding { member: "State", name: "State" },
            Binding { member: "NextToken", name: "NextToken" },
            Binding { member: "MaxResults", name: "MaxResults" },
        ],
        ..Rest::new(Method::Get, "/schedules", 200)
    });
    type Service = Schedules;
    type Input = Input;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_group(input.group_name.as_deref())?;
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let mut found = schedules.schedules_of(context).await?;
        found.retain(|record| {
            record.name.starts_with(prefix)
                && input.state.as_ref().is_none_or(|wanted| wanted == state(record))
        });
        let (found, next_token) = page(found, input.next_token.as_deref(), input.max_results, |it| &it.name)?;
        Ok(Output { schedules: found.into_iter().map(Summary::of).collect(), next_token })
    }
}

impl Summary {
    fn of(record: ScheduleRecord) -> Self {
        Self {
            arn: record.arn.to_string(),
            group_name: DEFAULT_GROUP,
            state: state(&record),
            creation_date: seconds(record.created),
            last_modification_date: seconds(record.last_modified),
            target: TargetSummary { arn: record.target.arn.to_string() },
            name: record.name,
        }
    }
}
