//! Text messages and push notifications: nobody sends them from here. They are recorded in the outbox folder, marked as
//! not sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::timestamp;
use engine::{Delivery, Enqueue, HopOutcome, Settle};
use serde::{Deserialize, Serialize};
use service::Stop;
use uuid::Uuid;

use crate::hops::Delivered;
use crate::{Sns, envelope, outbox, waiting};

/// The engine's queue of what is to be recorded.
pub(crate) const QUEUE: &str = "sns/recorded";
/// When the folder cannot be written.
const PAUSE_SECONDS: u32 = 10;

/// What would have been sent. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Recorded {
    #[serde(rename = "version")]
    pub(crate) version: u32,
    /// `sms` or `application`.
    pub(crate) protocol: String,
    /// A phone number, or the ARN of an endpoint.
    pub(crate) to: String,
    pub(crate) message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) topic_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) message: String,
    pub(crate) timestamp: String,
    pub(crate) message_attributes: BTreeMap<String, envelope::Attribute>,
    /// The header of its trace; not in the file, and not of messages from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "trace")]
    pub(crate) trace: Option<String>,
}

/// A file in the outbox folder.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct File<'a> {
    status: &'static str,
    #[serde(flatten)]
    recorded: &'a Recorded,
}

/// The send into the queue.
pub(crate) fn enqueue(id: Uuid, recorded: &Recorded) -> Enqueue {
    waiting::enqueue(QUEUE, id, recorded)
}

/// Records until told to end.
pub(crate) async fn run(sns: Arc<Sns>, mut stop: Stop) {
    let sns = &*sns;
    waiting::serve(sns, QUEUE, &mut stop, |delivery| record(sns, delivery)).await;
}

async fn record(sns: &Sns, delivery: Delivery) -> Settle {
    let at = sns.clock.now();
    let mut recorded: Recorded = match serde_json::from_slice(&delivery.content) {
        Ok(recorded) => recorded,
        Err(error) => {
            tracing::error!(%error, "a message cannot be read and is dropped");
            return Settle::Delete;
        }
    };
    let trace = recorded.trace.take();
    let file = File { status: "recorded, not sent", recorded: &recorded };
    let content = serde_json::to_vec_pretty(&file).expect("text keys and plain values");
    let id = Uuid::from_u128(delivery.message_id.0);
    let name = format!("{}-{id}.json", timestamp::basic(delivery.sent_at.0));
    let kept = outbox::keep(&sns.settings.outbox, &name, &content).await;
    let (answer, outcome) = match &kept {
        Ok(()) => (format!("recorded in the outbox as {name}, not sent"), HopOutcome::Ok),
        Err(error) => (error.to_string(), HopOutcome::Failed),
    };
    let protocol = if recorded.protocol == "sms" { "sms" } else { "application" };
    let (to, body) = (recorded.to.as_str(), recorded.message.as_str());
    let told = Delivered { trace: trace.as_deref(), protocol, to, body, answer: &answer, outcome, at };
    sns.tell_delivered(&delivery, &told);
    match kept {
        Ok(()) => {
            tracing::info!(to = recorded.to, file = %sns.settings.outbox.join(name).display(), "a message is recorded and not sent");
            Settle::Delete
        }
        Err(error) => {
            tracing::warn!(%error, "a message could not be recorded and will be tried again");
            Settle::VisibleIn { seconds: PAUSE_SECONDS }
        }
    }
}
