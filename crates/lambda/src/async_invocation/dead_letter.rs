//! Where an event goes that is given up: the function's dead-letter queue or topic, or nowhere, as on AWS.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq>

use std::collections::BTreeMap;

use aws::{Arn, RequestId};
use service::ports::{MessageAttribute, MessageAttributeValue, PortError, QueueMessage, Sender};

use super::destination;
use super::event::StoredEvent;
use crate::Lambda;
use crate::records::FunctionRecord;

/// Characters of `ErrorMessage`.
const ERROR_MESSAGE_BYTES_MAX: usize = 1024;

/// What is told of an event beside the event itself.
pub(super) struct Obituary<'a> {
    pub(super) request_id: RequestId,
    /// The function's answer of its last attempt, or why there was none.
    pub(super) error: &'a str,
}

/// Hands an event on for good. `Failed`: it must be tried again; everything else is final.
pub(super) async fn bury(
    lambda: &Lambda,
    function: &FunctionRecord,
    event: &StoredEvent,
    obituary: &Obituary<'_>,
) -> Result<(), PortError> {
    let request_id = obituary.request_id;
    let Some(target) = &function.dead_letter_target else {
        tracing::warn!(function = %function.arn, %request_id, error = obituary.error,
            "asynchronous event is dropped: the function has no dead-letter queue");
        return Ok(());
    };
    match hand_on(lambda, function, target, event, obituary).await {
        Ok(()) => {
            tracing::warn!(function = %function.arn, %request_id, target, "asynchronous event went to its dead-letter queue");
            Ok(())
        }
        Err(error @ (PortError::Failed(_) | PortError::NotServed(_))) => Err(error),
        Err(error) => {
            tracing::error!(function = %function.arn, %request_id, target, %error,
                "asynchronous event is dropped: its dead-letter queue did not take it");
            Ok(())
        }
    }
}

async fn hand_on(
    lambda: &Lambda,
    function: &FunctionRecord,
    target: &str,
    event: &StoredEvent,
    obituary: &Obituary<'_>,
) -> Result<(), PortError> {
    let arn: Arn = target.parse().map_err(|_| PortError::NotFound(target.to_owned()))?;
    let body = String::from_utf8_lossy(&event.payload).into_owned();
    let trace = event.header_of_what_follows(function, obituary.request_id);
    if arn.service() == "sns" {
        let sender = Sender::Account(function.arn.account().to_owned());
        return lambda.ports.topics()?.publish(arn, None, body, trace, sender).await;
    }
    let message = QueueMessage {
        body: body.into(),
        attributes: attributes(obituary),
        group: None,
        deduplication_id: None,
        trace: trace.clone(),
        sender_id: arn.account().to_owned(),
        sender: Sender::Account(function.arn.account().to_owned()),
    };
    let enqueue = lambda.ports.queues()?.prepare(arn.clone(), message).await?;
    destination::hand_on(lambda, function, (enqueue, &arn), trace.as_ref(), "DeadLetter").await
}

fn attributes(obituary: &Obituary<'_>) -> BTreeMap<String, MessageAttribute> {
    let attribute = |data_type: &str, text: String| MessageAttribute {
        data_type: data_type.to_owned(),
        value: MessageAttributeValue::Text(text),
    };
    let mut end = obituary.error.len().min(ERROR_MESSAGE_BYTES_MAX);
    while !obituary.error.is_char_boundary(end) {
        end -= 1;
    }
    let mut attributes = BTreeMap::from([
        ("RequestID".to_owned(), attribute("String", obituary.request_id.to_string())),
        ("ErrorCode".to_owned(), attribute("Number", "200".to_owned())),
    ]);
    if end > 0 {
        attributes.insert("ErrorMessage".to_owned(), attribute("String", obituary.error[..end].to_owned()));
    }
    attributes
}
