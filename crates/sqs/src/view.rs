//! Queues as the console sees them.

use std::collections::BTreeMap;

use aws::Arn;
use engine::Peeked;
use service::views::{PeekedMessage, QueueGlance, QueueView, Seen};

use crate::Queues;
use crate::content::Content;
use crate::message::{id_text, sequence_text};
use crate::queue_name;

const QUEUES: &str = "arn:";

impl QueueView for Queues {
    fn queues(&self) -> Seen<'_, Vec<QueueGlance>> {
        Box::pin(async move {
            let activities = self.0.engine.activities(QUEUES).await?;
            let glance = |activity: engine::Activity| {
                Some(QueueGlance {
                    arn: activity.key.as_str().parse().ok()?,
                    fifo: activity.fifo,
                    counts: activity.counts,
                    entered: activity.entered,
                    oldest: activity.oldest,
                    dead_letter: activity.dead_letter.map(|key| key.to_string()),
                })
            };
            Ok(activities.into_iter().filter_map(glance).collect())
        })
    }

    fn stirred(&self) -> u64 {
        self.0.engine.stirred()
    }

    fn peek(&self, queue: Arn, after: u64, limit: usize) -> Seen<'_, Vec<PeekedMessage>> {
        Box::pin(async move {
            let fifo = queue.resource().ends_with(".fifo");
            let peeked = self.0.engine.peek(&queue_name::from_arn(&queue), after, limit).await?;
            Ok(peeked.into_iter().filter_map(|message| shown(message, fifo)).collect())
        })
    }
}

/// `None` for what this version cannot read.
fn shown(message: Peeked, fifo: bool) -> Option<PeekedMessage> {
    let content = Content::decode(&message.content).ok()?;
    let mut system = BTreeMap::from([("SenderId", content.sender_id)]);
    let mut add = |name: &'static str, value: Option<String>| {
        if let Some(value) = value {
            system.insert(name, value);
        }
    };
    add("AWSTraceHeader", content.trace_header);
    add("MessageGroupId", content.group);
    add("MessageDeduplicationId", content.deduplication_id);
    add("DeadLetterQueueSourceArn", message.dead_letter_source.map(|source| source.to_string()));
    add("SequenceNumber", fifo.then(|| sequence_text(message.number)));
    Some(PeekedMessage {
        number: message.number,
        message_id: id_text(message.message_id),
        body: String::from_utf8_lossy(&content.body).into_owned(),
        attributes: content.attributes,
        system,
        sent_at: message.sent_at,
        standing: message.standing,
        visible_at: message.visible_at,
        receive_count: message.receive_count,
    })
}
