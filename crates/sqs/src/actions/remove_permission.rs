//! Takes a statement out of a queue's policy.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html>

use serde::Deserialize;
use serde_json::Value as Json;
use service::{Action, Context, ServiceError};

use super::set_queue_attributes::change;
use crate::{Sqs, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    label: String,
}

pub(crate) struct RemovePermission;

impl Action for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        change(sqs, &key, |record| {
            let stored = record.attributes.get("Policy").and_then(|text| serde_json::from_str(text).ok());
            let mut document: Json = stored.unwrap_or_default();
            if document.is_null() || !policy::revoke(&mut document, &input.label) {
                return Err(errors::invalid(&input.label, "Label", "can't find label."));
            }
            if document["Statement"].as_array().is_some_and(Vec::is_empty) {
                record.attributes.remove("Policy");
            } else {
                record.attributes.insert("Policy".to_owned(), document.to_string());
            }
            Ok(())
        })
        .await
    }
}
