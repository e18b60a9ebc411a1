//! One message to all subscribers of a topic, in one commit: all of them get it, or nobody does.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws::{Arn, TraceHeader, timestamp};
use engine::{Commit, Enqueue, Error, Hop, HopOutcome, QueueKey, Refusal};
use service::ServiceError;
use service::ports::{FunctionEvent, PortError, QueueMessage, Sender, SharedText};
use uuid::Uuid;

use crate::envelope::Notification;
use crate::hops::{Origin, Publication};
use crate::http_endpoint::{self, Kind, Post};
use crate::outgoing::Outgoing;
use crate::platform::{self, ApplicationRecord, EndpointArn};
use crate::recorded::{self, Recorded};
use crate::records::{SubscriptionRecord, TopicRecord};
use crate::signature::Signature;
use crate::topics::Subscription;
use crate::{Sns, arns, email, envelope, subscription_attributes};

/// What a publisher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
}

/// What is the same for every subscriber.
struct Circumstances<'a> {
    topic: &'a TopicRecord,
    outgoing: &'a Outgoing,
    message_id: String,
    sequence_number: Option<String>,
    timestamp: String,
    publication: &'a Publication,
    /// By the message's text, which may differ by protocol. FIFO topics have none.
    signatures: BTreeMap<String, Signature>,
    /// What queues get without an envelope.
    raw: OnceLock<SharedText>,
}

/// A queue may be deleted while its message is prepared; then the others are tried without it.
const TRIES_MAX: usize = 10;

impl Sns {
    /// Delivers a message to everybody who wants it, or has it delivered in order. Durable when it answers.
    pub(crate) async fn fan_out(
        &self,
        topic: &TopicRecord,
        outgoing: &Outgoing,
        origin: &Origin,
    ) -> Result<Published, ServiceError> {
        if arns::is_fifo(&topic.arn) {
            return self.accept(topic, outgoing, origin).await;
        }
        let message_id = self.ids.uuid();
        let publication = self.publication(origin, message_id);
        let subscriptions = self.subscriptions(&topic.arn).await?;
        let wanting = wanting(&subscriptions, outgoing);
        let mut circumstances = Circumstances {
            topic,
            outgoing,
            message_id: message_id.to_string(),
            sequence_number: None,
            timestamp: timestamp::iso_milliseconds(self.clock.now().0),
            publication: &publication,
            signatures: BTreeMap::new(),
            raw: OnceLock::new(),
        };
        circumstances.signatures = self.signatures(&circumstances, &wanting).await?;
        let (enqueue, hops) = self.targets(&circumstances, &wanting).await?;
        let committed = self.commit_to_those_that_exist(&topic.arn, enqueue).await;
        if publication.told {
            let outcome = if committed.is_ok() { HopOutcome::Ok } else { HopOutcome::Failed };
            self.tell_published(topic.arn.as_str(), &publication, origin, outgoing, outcome);
            self.tell_unwanted(&publication, &subscriptions, outgoing);
        }
        self.tell_all(hops, &committed?);
        Ok(Published { message_id: circumstances.message_id, sequence_number: None })
    }

    /// The sends of a message that a FIFO topic took, unsigned.
    pub(crate) async fn prepare_fifo(
        &self,
        topic: &TopicRecord,
        outgoing: &Outgoing,
        message_id: String,
        sequence_number: Option<String>,
        timestamp: String,
        trace: Option<TraceHeader>,
    ) -> Result<(Vec<Enqueue>, Vec<Hop>), ServiceError> {
        let subscriptions = self.subscriptions(&topic.arn).await?;
        let origin = Origin::of_service(trace, Uuid::nil(), self.clock.now());
        let publication = self.publication(&origin, Uuid::parse_str(&message_id).unwrap_or_default());
        if publication.told {
            self.tell_unwanted(&publication, &subscriptions, outgoing);
        }
        let signatures = BTreeMap::new();
        let circumstances = Circumstances {
            topic,
            outgoing,
            message_id,
            sequence_number,
            timestamp,
            publication: &publication,
            signatures,
            raw: OnceLock::new(),
        };
        self.targets(&circumstances, &wanting(&subscriptions, outgoing)).await
    }

    async fn targets(
        &self,
        circumstances: &Circumstances<'_>,
        wanting: &[&Subscription],
    ) -> Result<(Vec<Enqueue>, Vec<Hop>), ServiceError> {
        let (mut sends, mut hops) = (Vec::with_capacity(wanting.len()), Vec::new());
        let publication = circumstances.publication;
        for subscription in wanting {
            let (enqueue, undeliverable) = self.target(circumstances, subscription).await?;
            if let Some(enqueue) = enqueue {
                if publication.told {
                    let record = &subscription.record;
                    hops.push(self.sending(publication, record, &enqueue, undeliverable.as_deref()));
                }
                sends.push(enqueue);
            }
        }
        Ok((sends, hops))
    }

    /// One signature for each text that is sent in an envelope.
    async fn signatures(
        &self,
        circumstances: &Circumstances<'_>,
        wanting: &[&Subscription],
    ) -> Result<BTreeMap<String, Signature>, ServiceError> {
        let mut signatures = BTreeMap::new();
        for subscription in wanting.iter().filter(|subscription| is_enveloped(&subscription.record)) {
            let notification = circumstances.notification(&subscription.record.protocol, "");
            if !signatures.contains_key(notification.message) {
                let text = notification.string_to_sign();
                signatures
                    .insert(notification.message.to_owned(), self.sign_for(circumstances.topic, text).await?);
            }
        }
        Ok(signatures)
    }

    /// The send for one subscriber; into its dead-letter queue if it cannot be reached, and why; `None` if that fails
    /// too.
    async fn target(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &Subscription,
    ) -> Result<(Option<Enqueue>, Option<String>), ServiceError> {
        let refused = match self.prepare(circumstances, subscription).await {
            Ok(enqueue) => return Ok((Some(enqueue), None)),
            Err(PortError::Failed(reason)) => return Err(ServiceError::internal(reason)),
            Err(refused) => refused,
        };
        let subscription = &subscription.record;
        tracing::warn!(
            subscription = subscription.arn,
            endpoint = subscription.endpoint,
            reason = %refused,
            "a message could not be delivered"
        );
        let Some(policy) = subscription.attributes.get("RedrivePolicy") else {
            return Ok((None, Some(refused.to_string())));
        };
        let dead_letters = subscription_attributes::dead_letter_target(policy)?;
        match self.send_to_queue(circumstances, subscription, dead_letters).await {
            Ok(enqueue) => Ok((Some(enqueue), Some(refused.to_string()))),
            Err(error) => {
                tracing::warn!(subscription = subscription.arn, %error, "nor into its dead-letter queue");
                Ok((None, Some(refused.to_string())))
            }
        }
    }

    async fn prepare(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &Subscription,
    ) -> Result<Enqueue, PortError> {
        let endpoint = || {
            let parsed = subscription.endpoint.clone();
            parsed.ok_or_else(|| PortError::Refused("the endpoint is no ARN".to_owned()))
        };
        let subscription = &subscription.record;
        if subscription.protocol == "sqs" {
            return self.send_to_queue(circumstances, subscription, endpoint()?).await;
        }
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
        match subscription.protocol.as_str() {
            "lambda" => {
                let payload = notification.lambda_event(&subscription.arn).into();
                let event = FunctionEvent { payload, trace: circumstances.publication.onward.clone() };
                self.ports.functions()?.prepare(endpoint()?, event).await
            }
            "http" | "https" => {
                let queue = subscription.delivery_queue.as_deref();
                let queue = queue.ok_or_else(|| PortError::NotFound("its queue".to_owned()))?;
                let raw = subscription.is_raw();
                let post = Post {
                    version: 1,
                    kind: Kind::Notification,
                    message_id: circumstances.message_id.clone(),
                    topic_arn: circumstances.topic.arn.to_string(),
                    subscription_arn: subscription.arn.clone(),
                    endpoint: subscription.endpoint.clone(),
                    body: if raw { notification.message.to_owned() } else { notification.envelope() },
                    raw,
                    trace: circumstances.trace_text(),
                };
                Ok(http_endpoint::enqueue(self.ids.uuid(), queue, &post))
            }
            "email" | "email-json" => {
                let display_name = circumstances.topic.attributes.get("DisplayName").map(String::as_str);
                let mut mail = email::notification(subscription, &notification, display_name);
                mail.trace = circumstances.trace_text();
                Ok(email::enqueue(self.ids.uuid(), &mail))
            }
            "sms" => Ok(self.recorded(circumstances, subscription, "sms")),
            "application" => {
                let arn = EndpointArn::parse(&subscription.endpoint, "Endpoint")
                    .map_err(|error| PortError::Refused(error.message.into_owned()))?;
                self.check_device(&arn).await?;
                Ok(self.recorded(circumstances, subscription, &arn.platform))
            }
            other => Err(PortError::Refused(format!("protocol {other} is not supported"))),
        }
    }

    /// What would be sent to a phone or device; `part` names its part of a structured message.
    fn recorded(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        part: &str,
    ) -> Enqueue {
        let recorded = Recorded {
            version: 1,
            protocol: subscription.protocol.clone(),
            to: subscription.endpoint.clone(),
            message_id: circumstances.message_id.clone(),
            topic_arn: Some(circumstances.topic.arn.to_string()),
            subject: circumstances.outgoing.subject.clone(),
            message: circumstances.outgoing.message(part).to_owned(),
            timestamp: circumstances.timestamp.clone(),
            message_attributes: envelope::attributes(&circumstances.outgoing.attributes),
        };
        recorded::enqueue(self.ids.uuid(), &recorded)
    }

    /// A device is reached while it and its application are enabled.
    async fn check_device(&self, arn: &EndpointArn) -> Result<(), PortError> {
        let failed = |error: ServiceError| PortError::Failed(error.to_string());
        let key = platform::application_key(&arn.application);
        let application = self.record::<ApplicationRecord>(&key).await.map_err(failed)?;
        let endpoint = self.endpoint(arn).await.map_err(failed)?;
        match (application, endpoint) {
            (Some((application, _)), Some(endpoint)) if application.is_enabled() && endpoint.is_enabled() => {
                Ok(())
            }
            (Some(_), Some(_)) => Err(PortError::Refused("the endpoint is disabled".to_owned())),
            _ => Err(PortError::NotFound("the endpoint".to_owned())),
        }
    }

    /// Into the subscriber's queue or its dead-letter queue: enveloped, or raw with its attributes.
    async fn send_to_queue(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        queue: Arn,
    ) -> Result<Enqueue, PortError> {
        let message = if subscription.is_raw() {
            QueueMessage {
                attributes: circumstances.outgoing.attributes.clone(),
                ..circumstances.queue_message(&queue, circumstances.raw(&subscription.protocol))
            }
        } else {
            let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
            let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
            circumstances.queue_message(&queue, notification.envelope().into())
        };
        self.ports.queues()?.prepare(queue, message).await
    }

    /// One commit for all; queues that vanish meanwhile are left out and named.
    pub(crate) async fn commit_to_those_that_exist(
        &self,
        topic: &Arn,
        mut enqueue: Vec<Enqueue>,
    ) -> Result<Vec<QueueKey>, ServiceError> {
        let home: Arc<str> = Arc::from(topic.as_str());
        let mut all_gone = Vec::new();
        for _ in 0..TRIES_MAX {
            if enqueue.is_empty() {
                return Ok(all_gone);
            }
            let commit = Commit { home: Some(Arc::clone(&home)), enqueue: enqueue.clone() };
            match self.engine.commit(commit).await {
                Ok(_) => return Ok(all_gone),
                Err(Error::Refused(Refusal::NoSuchQueue(gone))) => {
                    tracing::warn!(queue = %gone, "a queue was deleted while a message was on its way to it");
                    enqueue.retain(|enqueue| enqueue.queue != gone);
                    all_gone.push(gone);
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
    /// A standard queue behind a FIFO topic takes no deduplication id.
    fn queue_message(&self, queue: &Arn, body: SharedText) -> QueueMessage {
        let fifo = arns::is_fifo(queue);
        QueueMessage {
            body,
            attributes: BTreeMap::new(),
            group: self.outgoing.group.clone(),
            deduplication_id: self.outgoing.deduplication_id.clone().filter(|_| fifo),
            trace: self.publication.onward.clone(),
            sender_id: self.topic.arn.account().to_owned(),
            sender: sender(&self.topic.arn),
        }
    }

    fn trace_text(&self) -> Option<String> {
        self.publication.onward.as_ref().map(ToString::to_string)
    }

    /// The message without an envelope.
    fn raw(&self, protocol: &str) -> SharedText {
        let text = || SharedText::from(self.outgoing.message(protocol).to_owned());
        if protocol == "sqs" { self.raw.get_or_init(text).clone() } else { text() }
    }

    fn notification(&'a self, protocol: &str, unsubscribe_url: &'a str) -> Notification<'a> {
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

fn wanting<'a>(subscriptions: &'a [Subscription], outgoing: &Outgoing) -> Vec<&'a Subscription> {
    subscriptions.iter().filter(|subscription| wants(subscription, outgoing)).collect()
}

fn wants(subscription: &Subscription, outgoing: &Outgoing) -> bool {
    let Subscription { record, filter, .. } = subscription;
    let filtered = |filter: &crate::filter_policy::FilterPolicy| {
        filter.wants(&outgoing.attributes, outgoing.message(&record.protocol))
    };
    !record.is_pending() && filter.as_ref().is_none_or(filtered)
}

/// Why a subscription does not want a message; `None` if it does.
pub(crate) fn why_unwanted(subscription: &Subscription, outgoing: &Outgoing) -> Option<String> {
    let Subscription { record, filter, .. } = subscription;
    if record.is_pending() {
        return Some("the subscription is not confirmed".to_owned());
    }
    let filter = filter.as_ref()?;
    filter.why_not(&outgoing.attributes, outgoing.message(&record.protocol))
}

fn is_enveloped(subscription: &SubscriptionRecord) -> bool {
    !matches!(subscription.protocol.as_str(), "email" | "sms" | "application") && !subscription.is_raw()
}
