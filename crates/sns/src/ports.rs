//! What SNS offers other services.

use std::sync::Arc;

use aws::{Arn, TraceHeader};
use futures_util::future::BoxFuture;
use service::ServiceError;
use service::ports::{PortError, TopicPort};

use crate::hops::Origin;
use crate::outgoing::{Given, Outgoing};
use crate::records::TopicRecord;
use crate::{Sns, errors};

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

impl TopicPort for Topics {
    fn publish(
        &self,
        topic: Arn,
        subject: Option<String>,
        message: String,
        trace: Option<TraceHeader>,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            let topic = self.topic(&topic).await?;
            let given = Given { message, subject, ..Given::default() };
            let outgoing = Outgoing::parse(Some(&topic), given)
                .map_err(|error| PortError::Refused(error.message.into_owned()))?;
            let origin = Origin::of_service(trace, self.0.ids.uuid(), self.0.clock.now());
            self.0.fan_out(&topic, &outgoing, &origin).await.map(|_| ()).map_err(|error| failed(&error))
        })
    }

    fn exists(&self, topic: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.topic(&topic).await.map(|_| ()) })
    }
}
