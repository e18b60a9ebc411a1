//! Creates a schedule. A rate without a `StartDate` is due at once.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>

use engine::{Error, Expect, Refusal};
use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::settings::Settings;
use crate::Schedules;
use crate::errors;
use crate::limits::SCHEDULES_MAX;
use crate::records::{SCHEDULES, encode, schedule_key};

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(super) schedule_arn: String,
}

/// The action.
pub(crate) struct CreateSchedule;

impl Action for CreateSchedule {
    const NAME: &'static str = "CreateSchedule";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/schedules/{Name}", 200));
    type Service = Schedules;
    type Input = Settings;
    type Output = Output;

    async fn run(schedules: &Schedules, context: &Context, input: Settings) -> Result<Output, ServiceError> {
        let record = input.into_record(context)?;
        if schedules.all(SCHEDULES).await?.len() >= SCHEDULES_MAX {
            let message = "The request failed because it exceeds a service quota.";
            return Err(ServiceError::new(&errors::QUOTA_EXCEEDED, message));
        }
        let _turn = schedules.turn.lock().await;
        match schedules.engine.put(schedule_key(&record.arn), encode(&record), Expect::Absent).await {
            Ok(_) => Ok(Output { schedule_arn: record.arn.to_string() }),
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                let message = format!("Schedule {} already exists.", record.name);
                Err(ServiceError::new(&errors::CONFLICT, message))
            }
            Err(other) => Err(other.into()),
        }
    }
}
