//! FIFO topics: what is published waits in a queue of the topic's own, which drops duplicates for five minutes, numbers
//! messages and keeps each group in order; a task hands them on to the subscribers.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html>

mod delivery;
pub(crate) mod stored;

use std::sync::Arc;

use aws::Arn;
use bytes::Bytes;
use engine::{
    Commit, DeduplicationScope, Enqueue, Error, HopOutcome, MessageId, NewMessage, QueueKey, QueueKind,
    QueueSettings, Refusal, Sent, SettingsChange,
};
use service::ServiceError;
use uuid::Uuid;

use crate::fan_out::Published;
use crate::hops::Origin;
use crate::outgoing::Outgoing;
use crate::queue_tasks::Kind;
use crate::records::{self, TopicRecord};
use crate::{Sns, arns};

pub(crate) use delivery::run as deliver;

/// The queues of FIFO topics.
pub(crate) const QUEUES: Kind = Kind { queues: "sns/fifo/", records: records::TOPICS };
const RETENTION_SECONDS: u32 = 1_209_600;
/// Longer than it takes to hand a batch on.
const TRY_SECONDS: u32 = 60;
/// The queue may change while it is read.
const TRIES_MAX: usize = 10;

fn queue_key(topic: &Arn) -> QueueKey {
    QueueKey::new(format!("{}{topic}", QUEUES.queues))
}

fn settings(topic: &TopicRecord) -> QueueSettings {
    let by_group = topic.attributes.get("FifoThroughputScope").is_some_and(|scope| scope == "MessageGroup");
    let scope = if by_group { DeduplicationScope::MessageGroup } else { DeduplicationScope::Queue };
    QueueSettings {
        kind: QueueKind::Fifo(scope),
        delay_seconds: 0,
        retention_seconds: RETENTION_SECONDS,
        visibility_timeout_seconds: TRY_SECONDS,
        dead_letter: None,
        in_flight_max: u32::MAX,
    }
}

impl Sns {
    /// Makes the queue of a FIFO topic; other topics have none.
    pub(crate) async fn create_topic_queue(&self, topic: &TopicRecord) -> Result<(), ServiceError> {
        if !arns::is_fifo(&topic.arn) {
            return Ok(());
        }
        let record = Bytes::from(topic.arn.to_string());
        match self.engine.create_queue(queue_key(&topic.arn), settings(topic), record).await {
            Ok(_) | Err(Error::Refused(Refusal::QueueExists(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the queue of a topic and what still waits in it.
    pub(crate) async fn delete_topic_queue(&self, topic: &Arn) -> Result<(), ServiceError> {
        match self.engine.delete_queue(queue_key(topic)).await {
            Ok(()) | Err(Error::Refused(Refusal::NoSuchQueue(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the queue of a topic follow a new `FifoThroughputScope`.
    pub(crate) async fn change_topic_queue(&self, topic: &Arn) -> Result<(), ServiceError> {
        for _ in 0..TRIES_MAX {
            let (record, _) = self.topic(topic).await?;
            let key = queue_key(topic);
            let queue = match self.engine.queue(&key).await {
                Ok(queue) => queue,
                // It is made with its settings when it is needed.
                Err(Error::Refused(Refusal::NoSuchQueue(_))) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let change = SettingsChange {
                expected_revision: queue.revision,
                settings: settings(&record),
                record: queue.record.clone(),
            };
            match self.engine.change_queue(key, change).await {
                Ok(_) => return Ok(()),
                Err(Error::Refused(Refusal::QueueChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::internal(format!("the queue of {topic} kept changing")))
    }

    /// Takes a message to a FIFO topic. Durable when it answers; a duplicate is answered as the first one was.
    pub(crate) async fn accept(
        &self,
        topic: &TopicRecord,
        outgoing: &Outgoing,
        origin: &Origin,
    ) -> Result<Published, ServiceError> {
        let id = self.ids.uuid();
        let publication = self.publication(origin, id);
        let message = NewMessage {
            id: MessageId(id.as_u128()),
            content: stored::encode(
                outgoing,
                publication.onward.as_ref(),
                origin.only.as_deref(),
                self.clock.now(),
            ),
            delay_seconds: None,
            group: outgoing.group.as_deref().map(Arc::from),
            deduplication_id: outgoing.deduplication_id.as_deref().map(Arc::from),
        };
        let sent = self.send_to_topic_queue(topic, message).await?;
        if publication.told {
            let outcome = if sent.duplicate { HopOutcome::Skipped } else { HopOutcome::Ok };
            self.tell_published(topic.arn.as_str(), &publication, origin, outgoing, outcome);
        }
        Ok(Published {
            message_id: Uuid::from_u128(sent.message_id.0).to_string(),
            sequence_number: sent.sequence_number.map(written),
        })
    }

    async fn send_to_topic_queue(
        &self,
        topic: &TopicRecord,
        message: NewMessage,
    ) -> Result<Sent, ServiceError> {
        let enqueue = vec![Enqueue { queue: queue_key(&topic.arn), message }];
        let commit = Commit { home: None, enqueue };
        let sent = match self.engine.commit(commit.clone()).await {
            Err(Error::Refused(Refusal::NoSuchQueue(_))) => {
                // A topic from before topics had queues; the change of its record starts the queue's task.
                self.create_topic_queue(topic).await?;
                self.change_topic(&topic.arn, |_| Ok(())).await?;
                self.engine.commit(commit).await?
            }
            answered => answered?,
        };
        sent.first().copied().ok_or_else(|| ServiceError::internal("a send was not answered"))
    }
}

/// Twenty digits.
pub(crate) fn written(sequence_number: u64) -> String {
    format!("{sequence_number:020}")
}

#[cfg(test)]
mod tests;
