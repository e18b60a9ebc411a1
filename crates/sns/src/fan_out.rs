//! One message to all subscribers of a topic, in one commit: all of them get it, or nobody does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws::{Arn, TraceHeader, timestamp};
use engine::{Commit, Enqueue, Error, Refusal};
use service::ServiceError;
use service::ports::{FunctionEvent, PortError, QueueMessage};

use crate::envelope::{Notification, Signed};
use crate::outgoing::Outgoing;
use crate::records::{SubscriptionRecord, TopicRecord};
use crate::signature::Version;
use crate::topics::Subscription;
use crate::{Sns, arns, email, subscription_attributes};

/// What a publisher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
}

/// A message for a protocol, with its signature.
struct Signature {
    version: &'static str,
    signature: String,
    certificate_url: String,
}

/// What is the same for every subscriber.
struct Circumstances<'a> {
    topic: &'a TopicRecord,
    outgoing: &'a Outgoing,
    message_id: String,
    sequence_number: Option<String>,
    timestamp: String,
    trace: Option<&'a TraceHeader>,
    signature: Option<Signature>,
}

/// A queue may be deleted while its message is prepared; then the others are tried without it.
const TRIES_MAX: usize = 10;

impl Sns {
    /// Delivers a message to everybody who wants it. Durable when it answers.
    pub(crate) async fn fan_out(
        &self,
        topic: &TopicRecord,
        outgoing: &Outgoing,
        trace: Option<&TraceHeader>,
    ) -> Result<Published, ServiceError> {
        let subscriptions = self.subscriptions(&topic.arn).await?;
        let wanting: Vec<&Subscription> =
            subscriptions.iter().filter(|subscription| wants(subscription, outgoing)).collect();
        let fifo = arns::is_fifo(&topic.arn);
        let mut circumstances = Circumstances {
            topic,
            outgoing,
            message_id: self.ids.uuid().to_string(),
            sequence_number: fifo.then(|| format!("{:020}", self.sequence.fetch_add(1, Ordering::Relaxed))),
            timestamp: timestamp::iso_milliseconds(self.clock.now().0),
            trace,
            signature: None,
        };
        // Messages that differ by protocol are rare; the signature is of the default one, as its envelope has it.
        if !fifo && wanting.iter().any(|subscription| is_enveloped(&subscription.record)) {
            circumstances.signature = Some(self.signature(&circumstances).await?);
        }
        let mut enqueue = Vec::with_capacity(wanting.len());
        for subscription in wanting {
            enqueue.extend(self.target(&circumstances, &subscription.record).await?);
        }
        self.commit_to_those_that_exist(&topic.arn, enqueue).await?;
        let Circumstances { message_id, sequence_number, .. } = circumstances;
        Ok(Published { message_id, sequence_number })
    }

    async fn signature(&self, circumstances: &Circumstances<'_>) -> Result<Signature, ServiceError> {
        let second =
            circumstances.topic.attributes.get("SignatureVersion").is_some_and(|version| version == "2");
        let text = circumstances.notification("sqs", "").string_to_sign();
        let version = if second { Version::Two } else { Version::One };
        Ok(Signature {
            version: if second { "2" } else { "1" },
            signature: self.sign(text, version).await?,
            certificate_url: self.certificate_url().await?,
        })
    }

    /// The send for one subscriber; into its dead-letter queue if it cannot be reached; `None` if that fails too.
    async fn target(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
    ) -> Result<Option<Enqueue>, ServiceError> {
        let refused = match self.prepare(circumstances, subscription).await {
            Ok(enqueue) => return Ok(Some(enqueue)),
            Err(PortError::Failed(reason)) => return Err(ServiceError::internal(reason)),
            Err(refused) => refused,
        };
        tracing::warn!(
            subscription = subscription.arn,
            endpoint = subscription.endpoint,
            reason = %refused,
            "a message could not be delivered"
        );
        let Some(policy) = subscription.attributes.get("RedrivePolicy") else { return Ok(None) };
        let dead_letters = subscription_attributes::dead_letter_target(policy)?;
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let body = circumstances.notification(&subscription.protocol, &unsubscribe_url).envelope();
        match self.send_to_queue(circumstances, dead_letters, body).await {
            Ok(enqueue) => Ok(Some(enqueue)),
            Err(error) => {
                tracing::warn!(subscription = subscription.arn, %error, "nor into its dead-letter queue");
                Ok(None)
            }
        }
    }

    async fn prepare(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
    ) -> Result<Enqueue, PortError> {
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
        let endpoint = || {
            let parsed: Result<Arn, _> = subscription.endpoint.parse();
            parsed.map_err(|error| PortError::Refused(error.to_string()))
        };
        match subscription.protocol.as_str() {
            "sqs" if is_raw(subscription) => {
                let body = notification.message.to_owned();
                let message = QueueMessage {
                    attributes: circumstances.outgoing.attributes.clone(),
                    ..circumstances.queue_message(body)
                };
                self.ports.queues()?.prepare(endpoint()?, message).await
            }
            "sqs" => self.send_to_queue(circumstances, endpoint()?, notification.envelope()).await,
            "lambda" => {
                let payload = notification.lambda_event(&subscription.arn).into();
                let event = FunctionEvent { payload, trace: circumstances.trace.cloned() };
                self.ports.functions()?.prepare(endpoint()?, event).await
            }
            "email" | "email-json" => {
                let display_name = circumstances.topic.attributes.get("DisplayName").map(String::as_str);
                let mail = email::notification(subscription, &notification, display_name);
                Ok(email::enqueue(self.ids.uuid(), &mail))
            }
            other => Err(PortError::Refused(format!("protocol {other} is not supported"))),
        }
    }

    async fn send_to_queue(
        &self,
        circumstances: &Circumstances<'_>,
        queue: Arn,
        body: String,
    ) -> Result<Enqueue, PortError> {
        let message = circumstances.queue_message(body);
        self.ports.queues()?.prepare(queue, message).await
    }

    async fn commit_to_those_that_exist(
        &self,
        topic: &Arn,
        mut enqueue: Vec<Enqueue>,
    ) -> Result<(), ServiceError> {
        let home: Arc<str> = Arc::from(topic.as_str());
        for _ in 0..TRIES_MAX {
            let commit = Commit { home: Some(Arc::clone(&home)), enqueue: enqueue.clone() };
            match self.engine.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(Error::Refused(Refusal::NoSuchQueue(gone))) => {
                    tracing::warn!(queue = %gone, "a queue was deleted while a message was on its way to it");
                    enqueue.retain(|enqueue| enqueue.queue != gone);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::internal("queues kept vanishing"))
    }

    pub(crate) fn unsubscribe_url(&self, subscription: &str) -> String {
        format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription}", self.settings.endpoint)
    }
}

impl<'a> Circumstances<'a> {
    fn queue_message(&self, body: String) -> QueueMessage {
        QueueMessage {
            body,
            attributes: std::collections::BTreeMap::new(),
            group: self.outgoing.group.clone(),
            deduplication_id: self.outgoing.deduplication_id.clone(),
            trace: self.trace.cloned(),
            sender_id: self.topic.arn.account().to_owned(),
        }
    }

    fn notification(&'a self, protocol: &str, unsubscribe_url: &'a str) -> Notification<'a> {
        Notification {
            message_id: &self.message_id,
            sequence_number: self.sequence_number.as_deref(),
            topic_arn: self.topic.arn.as_str(),
            subject: self.outgoing.subject.as_deref(),
            message: self.outgoing.message(protocol),
            timestamp: &self.timestamp,
            attributes: &self.outgoing.attributes,
            signed: self.signature.as_ref().map(|signature| Signed {
                version: signature.version,
                signature: &signature.signature,
                certificate_url: &signature.certificate_url,
            }),
            unsubscribe_url,
        }
    }
}

fn wants(subscription: &Subscription, outgoing: &Outgoing) -> bool {
    let Subscription { record, filter } = subscription;
    let filtered = |filter: &crate::filter_policy::FilterPolicy| {
        filter.wants(&outgoing.attributes, outgoing.message(&record.protocol))
    };
    !record.is_pending() && filter.as_ref().is_none_or(filtered)
}

fn is_raw(subscription: &SubscriptionRecord) -> bool {
    subscription.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
}

fn is_enveloped(subscription: &SubscriptionRecord) -> bool {
    subscription.protocol != "email" && !is_raw(subscription)
}
