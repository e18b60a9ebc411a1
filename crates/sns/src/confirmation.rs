//! What endpoints are asked and told about their subscriptions: to confirm, and that one was removed and how to restore
//! it.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-subscription-confirmation-json>

use std::collections::BTreeMap;

use aws::{Arn, timestamp};
use engine::{Commit, Enqueue, Expect, Timestamp};
use serde::{Deserialize, Serialize};
use service::ServiceError;
use service::ports::{PortError, QueueMessage};

use crate::circumstances::sender;
use crate::envelope::Confirmation;
use crate::http_endpoint::{self, Kind, Post};
use crate::records::{self, SubscriptionRecord, TopicRecord};
use crate::{Sns, arns, email, errors, limits, pages};

/// A removed subscription that its endpoint may restore with the token of the record. Version 1.
#[derive(Serialize, Deserialize)]
struct RemovedRecord {
    version: u32,
    at: Timestamp,
    subscription: SubscriptionRecord,
}

impl Sns {
    /// Asks the endpoint of a pending subscription to confirm it.
    pub(crate) async fn ask_to_confirm(
        &self,
        topic: &TopicRecord,
        record: &SubscriptionRecord,
    ) -> Result<(), ServiceError> {
        self.send_confirmation(topic, record, Kind::SubscriptionConfirmation).await
    }

    /// Tells an endpoint that its subscription is about to be removed. The answer's token restores it for two days.
    pub(crate) async fn say_farewell(
        &self,
        topic: &TopicRecord,
        record: &SubscriptionRecord,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut subscription = record.clone();
        subscription.token = Some(self.ids.token());
        subscription.asked_at = Some(now);
        self.forget_expired(&record.topic, now).await?;
        let key = records::removed_key(&record.topic, subscription.token.as_deref().unwrap_or_default());
        let removed = RemovedRecord { version: 1, at: now, subscription };
        self.engine.put(key, records::encode(&removed), Expect::Anything).await?;
        self.send_confirmation(topic, &removed.subscription, Kind::UnsubscribeConfirmation).await
    }

    async fn forget_expired(&self, topic: &Arn, now: Timestamp) -> Result<(), ServiceError> {
        let prefix = records::removed_of(topic);
        for record in self.engine.list(&prefix, None, limits::PAGE).await? {
            let removed: RemovedRecord = records::decode(&record.value)?;
            if is_expired(Some(removed.at), now) {
                self.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        Ok(())
    }

    /// The removed subscription that a token restores, if it is still valid.
    pub(crate) async fn removed(
        &self,
        topic: &Arn,
        token: &str,
    ) -> Result<Option<SubscriptionRecord>, ServiceError> {
        let Some(record) = self.engine.get(&records::removed_key(topic, token)).await? else {
            return Ok(None);
        };
        let removed: RemovedRecord = records::decode(&record.value)?;
        Ok(Some(removed.subscription).filter(|_| !is_expired(Some(removed.at), self.clock.now())))
    }

    async fn send_confirmation(
        &self,
        topic: &TopicRecord,
        record: &SubscriptionRecord,
        kind: Kind,
    ) -> Result<(), ServiceError> {
        let token = record.token.as_deref().unwrap_or_default();
        let message = message(record, kind);
        let message_id = self.ids.uuid().to_string();
        let timestamp = timestamp::iso_milliseconds(self.clock.now().0);
        let subscribe_url = format!(
            "{}/?Action=ConfirmSubscription&TopicArn={}&Token={token}",
            self.settings.endpoint, topic.arn
        );
        let confirmation = Confirmation {
            kind: kind.as_str(),
            message_id: &message_id,
            token,
            topic_arn: topic.arn.as_str(),
            message: &message,
            subscribe_url: &subscribe_url,
            timestamp: &timestamp,
        };
        let enqueue = if record.protocol == "email" {
            let link = pages::confirmation_link(&self.settings.endpoint, record, token);
            self.mail(record, kind, None, &link)
        } else {
            let signature = self.sign_for(topic, confirmation.string_to_sign()).await?;
            let body = confirmation.envelope(signature.as_signed());
            match &record.delivery_queue {
                Some(queue) => {
                    let post = Post {
                        version: 1,
                        kind,
                        message_id: message_id.clone(),
                        topic_arn: topic.arn.to_string(),
                        subscription_arn: record.arn.clone(),
                        endpoint: record.endpoint.clone(),
                        body,
                        raw: false,
                        trace: None,
                        published_at: self.clock.now(),
                    };
                    http_endpoint::enqueue(self.ids.uuid(), queue, &post)
                }
                None if record.protocol == "sqs" => self.to_queue_of_others(record, body).await?,
                None => self.mail(record, kind, Some(body), &subscribe_url),
            }
        };
        self.engine.commit(Commit { home: None, enqueue: vec![enqueue] }).await?;
        Ok(())
    }

    /// A queue of another account is asked in the queue itself.
    async fn to_queue_of_others(
        &self,
        record: &SubscriptionRecord,
        body: String,
    ) -> Result<Enqueue, ServiceError> {
        let wrong = |error: PortError| errors::invalid(&format!("Endpoint Reason: {error}"));
        let queue: Arn = record.endpoint.parse().map_err(|_| errors::invalid("SQS endpoint ARN"))?;
        let fifo = arns::is_fifo(&queue);
        let message = QueueMessage {
            body: body.into(),
            attributes: BTreeMap::new(),
            group: fifo.then(|| record.arn.clone()),
            deduplication_id: record.token.clone().filter(|_| fifo),
            trace: None,
            sender_id: record.owner.clone(),
            sender: sender(&record.topic),
        };
        self.ports.queues()?.prepare(queue, message).await.map_err(wrong)
    }

    fn mail(&self, record: &SubscriptionRecord, kind: Kind, document: Option<String>, link: &str) -> Enqueue {
        let mail = match kind {
            Kind::UnsubscribeConfirmation => email::farewell(record, link, document),
            _ => email::confirmation(record, link, document),
        };
        email::enqueue(self.ids.uuid(), &mail)
    }
}

/// Whether a token's time is over.
pub(crate) fn is_expired(asked_at: Option<Timestamp>, now: Timestamp) -> bool {
    asked_at.is_some_and(|asked_at| asked_at.plus_seconds(limits::TOKEN_SECONDS) < now)
}

fn message(record: &SubscriptionRecord, kind: Kind) -> String {
    match kind {
        Kind::UnsubscribeConfirmation => format!(
            "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
            record.arn
        ),
        _ => format!(
            "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included in this message.",
            record.topic
        ),
    }
}
