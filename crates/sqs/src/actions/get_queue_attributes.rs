//! The attributes of a queue that are asked for; none if none are.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::access::Opened;
use crate::queue_attributes::{self, Attributes};
use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    attribute_names: Option<Vec<String>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
}

pub(crate) struct GetQueueAttributes;

impl Action for GetQueueAttributes {
    const NAME: &'static str = "GetQueueAttributes";
    type Service = Sqs;
    type Input = Input;
    type Output = Output;

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let Opened { queue, record } = sqs.open(context, &input.queue_url, Self::NAME).await?;
        let counts = sqs.engine.counts(&queue.key).await.map_err(errors::of_queue)?;
        let names = input.attribute_names.unwrap_or_default();
        Ok(Output { attributes: queue_attributes::shown(&names, &record.attributes, &queue, counts)? })
    }
}
