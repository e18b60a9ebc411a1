//! What Lambda offers other services: asynchronous invocation as part of their own commit.

use std::sync::Arc;

use aws::{Arn, RequestId};
use engine::Enqueue;
use futures_util::future::BoxFuture;
use service::ports::{FunctionEvent, FunctionPort, PortError, Sender};

use crate::Lambda;
use crate::access;
use crate::async_invocation::{self, StoredEvent};
use crate::function_name::{qualifier_of, unqualified};
use crate::limits::ASYNCHRONOUS_PAYLOAD_BYTES_MAX;
use crate::records::{self, FunctionRecord, MAPPINGS, MappingRecord};

/// Lambda as other services see it.
pub struct Functions(pub Arc<Lambda>);

impl Functions {
    async fn find(&self, function: &Arn) -> Result<Arc<FunctionRecord>, PortError> {
        let not_found = || PortError::NotFound(function.to_string());
        let name = unqualified(function).ok_or_else(not_found)?;
        let found = self.0.called_function(&name).await?.ok_or_else(not_found)?;
        self.0.resolve(&found, qualifier_of(function)).await?.ok_or_else(not_found)?;
        Ok(found)
    }

    /// The function, if its policy lets somebody invoke it.
    async fn find_for(&self, function: &Arn, sender: &Sender) -> Result<Arc<FunctionRecord>, PortError> {
        let found = self.find(function).await?;
        match access::refusal(&found, qualifier_of(function), sender) {
            Some(refusal) if !self.0.settings.lenient_policies => {
                self.0.denied.count(&found.arn, sender.principal());
                Err(PortError::Denied(refusal))
            }
            _ => Ok(found),
        }
    }
}

impl FunctionPort for Functions {
    fn prepare(&self, function: Arn, event: FunctionEvent) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        Box::pin(async move {
            let found = self.find_for(&function, &event.sender).await?;
            if event.payload.len() > ASYNCHRONOUS_PAYLOAD_BYTES_MAX {
                return Err(PortError::Refused(format!(
                    "{} byte payload is too large for the Event invocation type (limit \
                     {ASYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes)",
                    event.payload.len()
                )));
            }
            let event = StoredEvent {
                trace: Some(self.0.trace_or_new(event.trace, self.0.clock.now())),
                qualifier: qualifier_of(&function).map(str::to_owned),
                payload: event.payload,
            };
            Ok(async_invocation::enqueue(&found, RequestId(self.0.ids.uuid()), &event))
        })
    }

    fn queues_of(&self, function: Arn) -> BoxFuture<'_, Result<Vec<Arn>, PortError>> {
        Box::pin(async move {
            let wanted = unqualified(&function).unwrap_or(function);
            let mut queues = Vec::new();
            for record in self.0.all_records(MAPPINGS).await? {
                let mapping: MappingRecord = records::decode(&record)?;
                if mapping.function == wanted {
                    queues.push(mapping.queue);
                }
            }
            Ok(queues)
        })
    }

    fn exists(&self, function: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.find(&function).await.map(drop) })
    }

    fn admits(&self, function: Arn, sender: Sender) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.find_for(&function, &sender).await.map(drop) })
    }
}
