//! Gives a schedule all of its settings anew: what is not given is as for a new one.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>

use engine::Expect;
use service::{Action, Context, Method, Rest, ServiceError};

use super::create_schedule::Output;
use super::settings::Settings;
use crate::Schedules;
use crate::records::{ScheduleRecord, encode, schedule_key};

/// The action.
pub(crate) struct UpdateSchedule;

impl Action for UpdateSchedule {
    const NAME: &'static str = "UpdateSchedule";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Put, "/schedules/{Name}", 200));
    type Service = Schedules;
    type Input = Settings;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Settings) -> Result<Output, ServiceError> {
        let record = input.into_record(context)?;
        let _turn = schedules.turn.lock().await;
        let earlier = schedules.schedule(context, &record.name).await?;
        let mut record = ScheduleRecord { created: earlier.created, ..record };
        let unchanged = record.start == earlier.start && record.timing.is_alike(&earlier.timing);
        if record.enabled && earlier.enabled && unchanged {
            record.timing = earlier.timing;
        }
        schedules.engine.put(schedule_key(&record.arn), encode(&record), Expect::Anything).await?;
        Ok(Output { schedule_arn: record.arn.to_string() })
    }
}
