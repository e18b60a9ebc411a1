//! What SNS offers other services.

use std::sync::Arc;

use aws::{Arn, TraceHeader};
use futures_util::future::BoxFuture;
use service::ServiceError;
use service::ports::{PortError, Sender, TopicMessage, TopicPort};

use crate::hops::Origin;
use crate::outgoing::{Given, Outgoing};
use crate::records::{self, SUBSCRIPTIONS, SubscriptionRecord, TopicRecord};
use crate::{Sns, arns, errors, limits};

/// SNS as other services see it.
pub struct Topics(pub Arc<Sns>);

impl Topics {
    async fn topic(&self, arn: &Arn) -> Result<TopicRecord, PortError> {
        self.0.topic(arn).await.map(|(topic, _)| topic).map_err(|error| {
            if error.row == &errors::NOT_FOUND {
                PortError::NotFound(arn.to_string())
            } else {
                failed(&error)
            }
        })
    }
}

fn failed(error: &ServiceError) -> PortError {
    PortError::Failed(error.detail.clone().unwrap_or_else(|| error.to_string()))
}

/// The caller's fault, or ours.
fn refused(error: ServiceError) -> PortError {
    if error.row.sender { PortError::Refused(error.message.into_owned()) } else { failed(&error) }
}

impl TopicPort for Topics {
    fn publish(
        &self,
        topic: Arn,
        subject: Option<String>,
        message: String,
        trace: Option<TraceHeader>,
        sender: Sender,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            let topic = self.topic(&topic).await?;
            if let Some(refusal) = self.0.refusal(&topic, &sender) {
                return Err(PortError::Denied(refusal));
            }
            let given = Given { message, subject, ..Given::default() };
            let outgoing = Outgoing::parse(Some(&topic), given)
                .map_err(|error| PortError::Refused(error.message.into_owned()))?;
            let origin = Origin::of_service(trace, self.0.ids.uuid(), self.0.clock.now());
            self.0.fan_out(&topic, &outgoing, &origin).await.map(|_| ()).map_err(|error| failed(&error))
        })
    }

    fn publish_to(
        &self,
        topic: Arn,
        message: TopicMessage,
        only: Option<String>,
        trace: Option<TraceHeader>,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            let topic = self.topic(&topic).await?;
            let id = self.0.ids.uuid();
            let TopicMessage { message, subject, attributes, group } = message;
            let fifo = arns::is_fifo(&topic.arn);
            // Published anew, it is no duplicate of what it repeats.
            let deduplication_id = fifo.then(|| id.to_string());
            let given = Given { message, subject, group, deduplication_id, ..Given::default() };
            let outgoing = Outgoing::parse(Some(&topic), given).map_err(refused)?;
            let outgoing = Outgoing { attributes, ..outgoing };
            let mut origin = Origin::of_service(trace, id, self.0.clock.now());
            origin.only = only;
            self.0.fan_out(&topic, &outgoing, &origin).await.map(|_| ()).map_err(refused)
        })
    }

    fn subscriptions_of(&self, endpoint: Arn) -> BoxFuture<'_, Result<Vec<(Arn, String)>, PortError>> {
        Box::pin(async move {
            let all = self.0.engine.list(SUBSCRIPTIONS, None, limits::ALL_SUBSCRIPTIONS_MAX).await?;
            let mut found = Vec::new();
            for record in all {
                let record: SubscriptionRecord =
                    records::decode(&record.value).map_err(|error| failed(&error))?;
                if record.endpoint == endpoint.as_str() && !record.is_pending() {
                    found.push((record.topic, record.arn));
                }
            }
            Ok(found)
        })
    }

    fn exists(&self, topic: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.topic(&topic).await.map(|_| ()) })
    }
}
