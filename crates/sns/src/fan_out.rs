//! One message to all subscribers of a topic, in one commit: all of them get it, or nobody does.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::Arn;
use engine::{Commit, Enqueue, Error, HopOutcome, QueueKey, Refusal};
use service::{ServiceError, business_key};

use crate::circumstances::Circumstances;
use crate::hops::Origin;
use crate::outgoing::Outgoing;
use crate::records::{SubscriptionRecord, TopicRecord};
use crate::signature::Signature;
use crate::subscriber::Prepared;
use crate::topics::Subscription;
use crate::{Sns, arns, errors};

/// What a publisher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
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
        self.engine.find_words_at(topic.arn.as_str(), business_key::of(&topic.tags));
        let origin = match origin.at(topic.arn.as_str()) {
            Ok(origin) => origin,
            Err(why) => return Ok(self.hold_back(topic.arn.as_str(), origin, outgoing, why)),
        };
        let origin = &origin;
        if arns::is_fifo(&topic.arn) {
            if let Some(only) = &origin.only {
                the_one(&self.subscriptions(&topic.arn).await?, only)?;
            }
            return self.accept(topic, outgoing, origin).await;
        }
        let message_id = self.ids.uuid();
        let publication = self.publication(origin, message_id);
        let subscriptions = self.subscriptions(&topic.arn).await?;
        let wanting: Vec<&Subscription> = match &origin.only {
            Some(only) => vec![the_one(&subscriptions, only)?],
            None => subscriptions.iter().filter(|subscription| wants(subscription, outgoing)).collect(),
        };
        let mut circumstances =
            Circumstances::new(topic, outgoing, message_id.to_string(), self.clock.now(), &publication);
        circumstances.signatures = self.signatures(&circumstances, &wanting).await?;
        let mut prepared = Prepared::default();
        prepared.enqueue.reserve(wanting.len());
        for subscription in wanting {
            self.prepare_for(&circumstances, subscription, &mut prepared).await?;
        }
        let committed = self.commit_and_report(topic, prepared).await;
        if publication.told {
            let outcome = if committed.is_ok() { HopOutcome::Ok } else { HopOutcome::Failed };
            self.tell_published(topic.arn.as_str(), &publication, origin, outgoing, outcome);
            if origin.only.is_none() {
                self.tell_unwanted(&publication, &subscriptions, outgoing);
            }
        }
        committed?;
        Ok(Published { message_id: circumstances.message_id, sequence_number: None })
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

    /// One commit for all, and then the history and the delivery status log.
    pub(crate) async fn commit_and_report(
        &self,
        topic: &TopicRecord,
        prepared: Prepared,
    ) -> Result<(), ServiceError> {
        let gone = self.commit_to_those_that_exist(&topic.arn, prepared.enqueue).await?;
        self.tell_all(prepared.hops, &gone);
        self.report(&topic.arn, prepared.reports).await;
        Ok(())
    }

    /// One commit for all; queues that vanish meanwhile are left out and named.
    async fn commit_to_those_that_exist(
        &self,
        topic: &Arn,
        mut enqueue: Vec<Enqueue>,
    ) -> Result<Vec<QueueKey>, ServiceError> {
        let mut all_gone = Vec::new();
        let home: Arc<str> = Arc::from(topic.as_str());
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
}

/// A subscription by its ARN. `NotFound`.
fn the_one<'a>(subscriptions: &'a [Subscription], arn: &str) -> Result<&'a Subscription, ServiceError> {
    let found = subscriptions.iter().find(|one| one.record.arn == arn && !one.record.is_pending());
    found.ok_or_else(errors::no_such_subscription)
}

/// Whether a subscriber is to get a message.
pub(crate) fn wants(subscription: &Subscription, outgoing: &Outgoing) -> bool {
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

/// What is raw stays raw, unless it goes to a dead-letter queue that cannot take all its attributes.
fn is_enveloped(subscription: &SubscriptionRecord) -> bool {
    !matches!(subscription.protocol.as_str(), "email" | "sms" | "application") && !subscription.is_raw()
}
