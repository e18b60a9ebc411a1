//! Changes attributes of a queue.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use engine::{Error, QueueKey, Refusal, SettingsChange};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::queue_attributes::{self, Attributes};
use crate::records::QueueRecord;
use crate::{Sqs, errors, limits, redrive_policy};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    attributes: Attributes,
}

pub(crate) struct SetQueueAttributes;

impl Action for SetQueueAttributes {
    const NAME: &'static str = "SetQueueAttributes";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        let given = input.attributes;
        change(sqs, &key, |record| {
            let is_fifo = queue_attributes::is_fifo(&record.attributes);
            queue_attributes::check(&given, is_fifo)?;
            queue_attributes::merge(&mut record.attributes, &given);
            queue_attributes::check_together(&record.attributes)
        })
        .await
    }
}

/// Changes a queue's record and, from it, its settings.
pub(super) async fn change(
    sqs: &Sqs,
    key: &QueueKey,
    change: impl Fn(&mut QueueRecord) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    for _ in 0..limits::CHANGES_TRIED_MAX {
        let queue = sqs.engine.queue(key).await.map_err(errors::of_queue)?;
        let mut record = (*sqs.records.of(&queue)?).clone();
        change(&mut record)?;
        redrive_policy::check_target(sqs, key, &record.attributes).await?;
        let settings = queue_attributes::settings(&record.attributes)?;
        let change = SettingsChange { expected_revision: queue.revision, settings, record: record.encode() };
        match sqs.engine.change_queue(key.clone(), change).await {
            Ok(_) => return Ok(()),
            Err(Error::Refused(Refusal::QueueChanged(_))) => {}
            Err(error) => return Err(errors::of_queue(error)),
        }
    }
    Err(ServiceError::internal(format!("queue {key} kept changing")))
}
