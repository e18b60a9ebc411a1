//! Deletes a schedule.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteSchedule.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use super::check_group;
use crate::Schedules;
use crate::records::schedule_key;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
}

/// The action.
pub(crate) struct DeleteSchedule;

impl Action for DeleteSchedule {
    const NAME: &'static str = "DeleteSchedule";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "GroupName", name: "groupName" }],
        ..Rest::new(Method::Delete, "/schedules/{Name}", 200)
    });
    type Service = Schedules;
    type Input = Input;
    type Output = ();

    async fn run(schedules: &Schedules, context: &Context, input: Input) -> Result<(), ServiceError> {
        check_group(input.group_name.as_deref())?;
        let _turn = schedules.turn.lock().await;
        let schedule = schedules.schedule(context, &input.name).await?;
        schedules.engine.delete(schedule_key(&schedule.arn), Expect::Anything).await?;
        schedules.figures.forget(&schedule.arn);
        Ok(())
    }
}
