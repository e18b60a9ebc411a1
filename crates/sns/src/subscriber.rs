//! The send for one subscriber of a message, in the form of its protocol; into its dead-letter queue if it cannot be
//! reached.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{Enqueue, Hop};
use service::ServiceError;
use service::ports::{FunctionEvent, MessageAttribute, MessageAttributeValue, PortError, QueueMessage};
use service::way::{self, HeldBack};

use crate::circumstances::{self, Circumstances};
use crate::delivery_status::Report;
use crate::http_endpoint::{self, Kind, Post};
use crate::platform::{self, ApplicationRecord, EndpointArn};
use crate::recorded::{self, Recorded};
use crate::records::SubscriptionRecord;
use crate::topics::Subscription;
use crate::{Sns, email, envelope, limits, pages, subscription_attributes};

/// What is to be committed for subscribers, and what is to be told of it afterwards.
#[derive(Default)]
pub(crate) struct Prepared {
    pub(crate) enqueue: Vec<Enqueue>,
    pub(crate) reports: Vec<Report>,
    pub(crate) hops: Vec<Hop>,
}

impl Sns {
    /// Adds the send for one subscriber. What can be delivered nowhere is left out.
    pub(crate) async fn prepare_for(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &Subscription,
        prepared: &mut Prepared,
    ) -> Result<(), ServiceError> {
        let formed = self.in_its_form(circumstances, subscription).await;
        let header = circumstances.trace_text();
        if let Err(why) = may_go(header.as_deref(), &subscription.record) {
            if let Ok(enqueue) = formed
                && circumstances.publication.told
            {
                let hop = self.sending(circumstances.publication, &subscription.record, &enqueue, None);
                prepared.hops.push(why.tell(hop));
            }
            return Ok(());
        }
        match formed {
            Ok(enqueue) => {
                prepared.reports.extend(self.delivered(circumstances, &subscription.record, &enqueue));
                self.include(circumstances, subscription, enqueue, None, prepared);
                Ok(())
            }
            Err(PortError::Failed(reason)) => Err(ServiceError::internal(reason)),
            Err(refused) => {
                let record = &subscription.record;
                tracing::warn!(
                    subscription = record.arn,
                    endpoint = record.endpoint,
                    reason = %refused,
                    "a message could not be delivered"
                );
                prepared.reports.extend(self.not_delivered(circumstances, record, &refused));
                match self.to_dead_letters(circumstances, record, &refused).await? {
                    Some(enqueue) => {
                        self.include(circumstances, subscription, enqueue, Some(&refused), prepared);
                    }
                    None if circumstances.publication.told => {
                        let (topic, reason) = (circumstances.topic.arn.as_str(), refused.to_string());
                        prepared.hops.push(self.nowhere(circumstances.publication, topic, record, &reason));
                    }
                    None => {}
                }
                Ok(())
            }
        }
    }

    /// Adds a send, and the hop that tells of it if the message's trace is kept.
    fn include(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &Subscription,
        enqueue: Enqueue,
        refused: Option<&PortError>,
        prepared: &mut Prepared,
    ) {
        if circumstances.publication.told {
            let reason = refused.map(ToString::to_string);
            let record = &subscription.record;
            prepared.hops.push(self.sending(circumstances.publication, record, &enqueue, reason.as_deref()));
        }
        prepared.enqueue.push(enqueue);
    }

    async fn to_dead_letters(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        refused: &PortError,
    ) -> Result<Option<Enqueue>, ServiceError> {
        let Some(policy) = subscription.attributes.get("RedrivePolicy") else { return Ok(None) };
        let queue = subscription_attributes::dead_letter_target(policy)?;
        let mut message = self.for_queue(circumstances, subscription, &queue);
        if subscription.protocol == "lambda" {
            message.attributes = why(&self.ids.uuid().to_string(), refused);
        }
        // More attributes than a queue takes: the envelope keeps them.
        if message.attributes.len() > limits::QUEUE_ATTRIBUTES_MAX {
            message = self.enveloped(circumstances, subscription, &queue);
        }
        let prepared = async { self.ports.queues()?.prepare(queue, message).await };
        match prepared.await {
            Ok(enqueue) => Ok(Some(enqueue)),
            Err(error) => {
                tracing::warn!(subscription = subscription.arn, %error, "nor into its dead-letter queue");
                Ok(None)
            }
        }
    }

    async fn in_its_form(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &Subscription,
    ) -> Result<Enqueue, PortError> {
        let endpoint = || {
            let parsed = subscription.endpoint.clone();
            parsed.ok_or_else(|| PortError::Refused("the endpoint is no ARN".to_owned()))
        };
        let subscription = &subscription.record;
        match subscription.protocol.as_str() {
            "sqs" => {
                let queue = endpoint()?;
                let message = self.for_queue(circumstances, subscription, &queue);
                self.ports.queues()?.prepare(queue, message).await
            }
            "lambda" => {
                let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
                let notification = circumstances.notification("lambda", &unsubscribe_url);
                let payload = notification.lambda_event(&subscription.arn).into();
                let trace = circumstances.publication.onward.clone();
                let event =
                    FunctionEvent { payload, trace, sender: circumstances::sender(&circumstances.topic.arn) };
                self.ports.functions()?.prepare(endpoint()?, event).await
            }
            "http" | "https" => self.post(circumstances, subscription),
            "email" | "email-json" => Ok(self.mailed(circumstances, subscription)),
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

    /// For the subscriber's queue or its dead-letter queue: enveloped, or raw with its attributes.
    fn for_queue(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        queue: &Arn,
    ) -> QueueMessage {
        if !subscription.is_raw() {
            return self.enveloped(circumstances, subscription, queue);
        }
        QueueMessage {
            attributes: circumstances.outgoing.attributes.clone(),
            ..circumstances.queue_message(queue, circumstances.raw(&subscription.protocol))
        }
    }

    fn enveloped(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        queue: &Arn,
    ) -> QueueMessage {
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
        circumstances.queue_message(queue, notification.envelope().into())
    }

    fn post(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
    ) -> Result<Enqueue, PortError> {
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
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
            published_at: circumstances.published_at,
        };
        Ok(http_endpoint::enqueue(self.ids.uuid(), queue, &post))
    }

    fn mailed(&self, circumstances: &Circumstances<'_>, subscription: &SubscriptionRecord) -> Enqueue {
        let unsubscribe_url = self.unsubscribe_url(&subscription.arn);
        let notification = circumstances.notification(&subscription.protocol, &unsubscribe_url);
        let display_name = circumstances.topic.attributes.get("DisplayName").map(String::as_str);
        let link = pages::unsubscribe_link(&self.settings.endpoint, subscription);
        let mut mail = email::notification(subscription, &notification, &link, display_name);
        mail.trace = circumstances.trace_text();
        email::enqueue(self.ids.uuid(), &mail)
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
            trace: circumstances.trace_text(),
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

    pub(crate) fn unsubscribe_url(&self, subscription: &str) -> String {
        format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription}", self.settings.endpoint)
    }
}

/// Whether a message goes to a subscriber, or a replay ends before it.
fn may_go(header: Option<&str>, subscription: &SubscriptionRecord) -> Result<(), HeldBack> {
    match subscription.protocol.as_str() {
        "sqs" => way::into(header, &subscription.endpoint),
        _ => way::to(header, &subscription.endpoint),
    }
}

/// What a dead-letter queue is told of an invocation that was refused, as by Lambda's own.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq>
fn why(request_id: &str, refused: &PortError) -> BTreeMap<String, MessageAttribute> {
    let code = if matches!(refused, PortError::NotFound(_)) { "404" } else { "400" };
    let attribute = |data_type: &str, value: String| MessageAttribute {
        data_type: data_type.to_owned(),
        value: MessageAttributeValue::Text(value),
    };
    BTreeMap::from([
        ("RequestID".to_owned(), attribute("String", request_id.to_owned())),
        ("ErrorCode".to_owned(), attribute("Number", code.to_owned())),
        ("ErrorMessage".to_owned(), attribute("String", refused.to_string())),
    ])
}
