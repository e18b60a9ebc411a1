//! A new queue; one that exists with the same attributes is answered as if it were new.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>

use std::collections::BTreeMap;

use engine::{Error, QueueKey, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::queue_attributes::{self, Attributes};
use crate::queue_name::QueueName;
use crate::records::QueueRecord;
use crate::{Sqs, errors, queue_name, redrive_policy, tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name: String,
    attributes: Option<Attributes>,
    #[serde(rename = "tags")]
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct CreateQueue;

impl Action for CreateQueue {
    const NAME: &'static str = "CreateQueue";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let given = input.attributes.unwrap_or_default();
        if given.get("FifoQueue").is_some_and(|value| value == "false") {
            return Err(ServiceError::new(&errors::INVALID_ATTRIBUTE_NAME, "Unknown Attribute FifoQueue."));
        }
        let is_fifo = queue_attributes::is_fifo(&given);
        let key = QueueName::parse(&input.queue_name, is_fifo)?.key(context);
        queue_attributes::check(&given, is_fifo)?;
        if sqs.settings.queue_deleted_recently && sqs.is_name_blocked(&key, context.now).await? {
            let text = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
            return Err(ServiceError::new(&errors::QUEUE_DELETED_RECENTLY, text));
        }
        let mut attributes = Attributes::new();
        queue_attributes::merge(&mut attributes, &given);
        queue_attributes::check_together(&attributes)?;
        redrive_policy::check_target(sqs, &key, &attributes).await?;
        let tags = input.tags.unwrap_or_default();
        tags::check(&tags)?;
        let settings = queue_attributes::settings(&attributes)?;
        let record = QueueRecord::new(attributes, tags).encode();
        match sqs.engine.create_queue(key.clone(), settings, record).await {
            Ok(_) => {}
            Err(Error::Refused(Refusal::QueueExists(_))) => compare(sqs, &key, &given).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(Output { queue_url: queue_name::url(context, &key) })
    }
}

/// Every attribute that is given must be as the existing queue has it; tags are not compared.
async fn compare(sqs: &Sqs, key: &QueueKey, given: &Attributes) -> Result<(), ServiceError> {
    let queue = sqs.engine.queue(key).await.map_err(errors::of_queue)?;
    let record = sqs.records.of(&queue)?;
    let differs =
        |(name, value): &(&String, &String)| !queue_attributes::equals(&record.attributes, name, value);
    match given.iter().find(differs) {
        None => Ok(()),
        Some((name, _)) => {
            let text = format!(
                "A queue already exists with the same name and a different value for attribute {name}"
            );
            Err(ServiceError::new(&errors::QUEUE_NAME_EXISTS, text))
        }
    }
}
