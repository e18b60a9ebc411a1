//! A schedule's settings.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html>

use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use super::check_group;
use super::settings::Schedule;
use crate::Schedules;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
}

/// The action.
pub(crate) struct GetSchedule;

impl Action for GetSchedule {
    const NAME: &'static str = "GetSchedule";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "GroupName", name: "groupName" }],
        ..Rest::new(Method::Get, "/schedules/{Name}", 200)
    });
    type Service = Schedules;
    type Input = Input;
    type Output = Schedule;

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<Schedule, ServiceError> {
        check_group(input.group_name.as_deref())?;
        schedules.schedule(context, &input.name).await.map(Schedule::of)
    }
}
