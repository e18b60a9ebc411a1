//! A message on its way out, and what is the same for every subscriber.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws::{Arn, timestamp};
use engine::Timestamp;
use service::ports::{QueueMessage, Sender, SharedText};

use crate::arns;
use crate::envelope::Notification;
use crate::hops::Publication;
use crate::outgoing::Outgoing;
use crate::records::TopicRecord;
use crate::signature::Signature;

/// What is the same for every subscriber.
pub(crate) struct Circumstances<'a> {
    pub(crate) topic: &'a TopicRecord,
    pub(crate) outgoing: &'a Outgoing,
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
    /// When it was published, as documents have it.
    pub(crate) timestamp: String,
    pub(crate) published_at: Timestamp,
    pub(crate) publication: &'a Publication,
    /// By the message's text, which may differ by protocol. FIFO topics have none.
    pub(crate) signatures: BTreeMap<String, Signature>,
    /// What queues get without an envelope.
    raw: OnceLock<SharedText>,
    /// From the archive, under a deduplication id of its own: queues have seen the first one.
    pub(crate) replay: Option<String>,
}

impl<'a> Circumstances<'a> {
    pub(crate) fn new(
        topic: &'a TopicRecord,
        outgoing: &'a Outgoing,
        message_id: String,
        published_at: Timestamp,
        publication: &'a Publication,
    ) -> Self {
        Self {
            topic,
            outgoing,
            message_id,
            sequence_number: None,
            timestamp: timestamp::iso_milliseconds(published_at.0),
            published_at,
            publication,
            signatures: BTreeMap::new(),
            raw: OnceLock::new(),
            replay: None,
        }
    }

    /// A message for a queue. A standard queue behind a FIFO topic takes no deduplication id.
    pub(crate) fn queue_message(&self, queue: &Arn, body: SharedText) -> QueueMessage {
        let fifo = arns::is_fifo(queue);
        let deduplication_id = self.replay.as_ref().or(self.outgoing.deduplication_id.as_ref());
        QueueMessage {
            body,
            attributes: BTreeMap::new(),
            group: self.outgoing.group.clone(),
            deduplication_id: deduplication_id.filter(|_| fifo).cloned(),
            trace: self.publication.onward.clone(),
            sender_id: self.topic.arn.account().to_owned(),
            sender: sender(&self.topic.arn),
        }
    }

    /// The header under which the message goes on.
    pub(crate) fn trace_text(&self) -> Option<String> {
        self.publication.onward.as_ref().map(ToString::to_string)
    }

    /// The message without an envelope.
    pub(crate) fn raw(&self, protocol: &str) -> SharedText {
        let text = || SharedText::from(self.outgoing.message(protocol).to_owned());
        if protocol == "sqs" { self.raw.get_or_init(text).clone() } else { text() }
    }

    pub(crate) fn notification(&'a self, protocol: &str, unsubscribe_url: &'a str) -> Notification<'a> {
        let message = self.outgoing.message(protocol);
        Notification {
            message_id: &self.message_id,
            sequence_number: self.sequence_number.as_deref(),
            topic_arn: self.topic.arn.as_str(),
            subject: self.outgoing.subject.as_deref(),
            message,
            timestamp: &self.timestamp,
            attributes: &self.outgoing.attributes,
            signed: self.signatures.get(message).map(Signature::as_signed),
            unsubscribe_url,
            replayed: self.replay.is_some(),
        }
    }
}

/// A topic as the policies of queues know it.
pub(crate) fn sender(topic: &Arn) -> Sender {
    Sender::Service {
        principal: "sns.amazonaws.com",
        source: topic.clone(),
        account: topic.account().to_owned(),
    }
}
