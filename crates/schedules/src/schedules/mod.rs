//! EventBridge Scheduler: schedules of the default group, one file per action.

mod create_schedule;
mod delete_schedule;
mod get_schedule;
mod list_schedules;
mod settings;
mod update_schedule;

use aws::Arn;
use engine::Timestamp;
use service::{Context, ServiceError};

use crate::Schedules;
use crate::errors::{self, no_such_schedule};
use crate::records::{SCHEDULES, ScheduleRecord, decode, schedule_key};

pub(crate) use create_schedule::CreateSchedule;
pub(crate) use delete_schedule::DeleteSchedule;
pub(crate) use get_schedule::GetSchedule;
pub(crate) use list_schedules::ListSchedules;
pub(crate) use update_schedule::UpdateSchedule;

/// The one schedule group.
const DEFAULT_GROUP: &str = "default";

fn arn(context: &Context, name: &str) -> Arn {
    let caller = &context.caller;
    let resource = format!("schedule/{DEFAULT_GROUP}/{name}");
    Arn::new("scheduler", caller.region.as_str(), caller.account.as_str(), &resource)
}

/// Schedules are in the default group. `ResourceNotFoundException`.
fn check_group(group: Option<&str>) -> Result<(), ServiceError> {
    match group {
        None | Some(DEFAULT_GROUP) => Ok(()),
        Some(other) => {
            let message = format!("Schedule group {other} does not exist.");
            Err(ServiceError::new(&errors::SCHEDULE_NOT_FOUND, message))
        }
    }
}

/// Seconds since 1970, as answers have them.
#[allow(clippy::cast_precision_loss, reason = "exact until long after the last year that AWS knows")]
fn seconds(moment: Timestamp) -> f64 {
    moment.0 as f64 / 1000.0
}

impl Schedules {
    /// The schedule of that name. `ResourceNotFoundException`.
    async fn schedule(&self, context: &Context, name: &str) -> Result<ScheduleRecord, ServiceError> {
        let found = self.engine.get(&schedule_key(&arn(context, name))).await?;
        Ok(decode(&found.ok_or_else(|| no_such_schedule(name))?)?)
    }

    /// The caller's schedules, in the order of their names.
    async fn schedules_of(&self, context: &Context) -> Result<Vec<ScheduleRecord>, ServiceError> {
        let caller = &context.caller;
        let own = format!(
            "{SCHEDULES}arn:aws:scheduler:{}:{}:schedule/{DEFAULT_GROUP}/",
            caller.region, caller.account
        );
        let schedules: Result<Vec<ScheduleRecord>, _> = self.all(&own).await?.iter().map(decode).collect();
        Ok(schedules?)
    }
}
