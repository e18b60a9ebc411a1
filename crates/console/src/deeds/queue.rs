//! Sending into queues, emptying them, moving dead letters back.

use aws::Arn;
use maud::Markup;
use serde_json::json;

use super::{done, message};
use crate::Console;
use crate::ask::{Ask, Form};
use crate::services::{arn, name};
use crate::trouble::Trouble;

/// A queue's URL; any host will do.
pub(crate) fn url(queue: &Arn) -> String {
    format!("http://localhost/{}/{}", queue.account(), name(queue))
}

pub(super) async fn send(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let queue = arn(form.value("arn"), "sqs")?;
    let mut input = json!({"QueueUrl": url(&queue), "MessageBody": form.value("body")});
    for (field, member) in [("group", "MessageGroupId"), ("deduplication", "MessageDeduplicationId")] {
        if !form.value(field).is_empty() {
            input[member] = json!(form.value(field));
        }
    }
    if let Ok(seconds) = form.value("delay").parse::<u32>() {
        input["DelaySeconds"] = json!(seconds);
    }
    let attributes = message::attributes(ask, form.value("attributes"))?;
    if !attributes.is_empty() {
        input["MessageAttributes"] = message::as_members(&attributes);
    }
    let sent = console.call(&ask.context, &queue, "SendMessage", &input).await?;
    Ok(done(ask.texts().sent, sent["MessageId"].as_str().unwrap_or_default()))
}

pub(super) async fn purge(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let queue = arn(form.value("arn"), "sqs")?;
    console.call(&ask.context, &queue, "PurgeQueue", &json!({"QueueUrl": url(&queue)})).await?;
    Ok(done(ask.texts().purged, name(&queue)))
}

pub(super) async fn redrive(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let queue = arn(form.value("arn"), "sqs")?;
    let mut input = json!({"SourceArn": queue.as_str()});
    if !form.value("destination").is_empty() {
        input["DestinationArn"] = json!(form.value("destination"));
    }
    if let Ok(rate) = form.value("rate").parse::<u32>() {
        input["MaxNumberOfMessagesPerSecond"] = json!(rate);
    }
    console.call(&ask.context, &queue, "StartMessageMoveTask", &input).await?;
    Ok(done(ask.texts().redrive_begun, name(&queue)))
}

pub(super) async fn cancel_redrive(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let queue = arn(form.value("arn"), "sqs")?;
    let input = json!({"TaskHandle": form.value("task")});
    console.call(&ask.context, &queue, "CancelMessageMoveTask", &input).await?;
    Ok(done(ask.texts().redrive_ended, name(&queue)))
}
