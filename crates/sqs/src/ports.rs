//! What SQS offers other services.

use std::sync::Arc;
use std::time::Duration;

use aws::{Arn, TraceHeader};
use bytes::Bytes;
use bytestring::ByteString;
use engine::{Delivery, Engine, Enqueue, QueueKey, QueueKind, Receive, Settle, Settlement, SpanId};
use futures_util::future::BoxFuture;
use service::ports::{PortError, QueueFacts, QueueMessage, QueuePort, QueueRecord, Sender};

use crate::content::Content;
use crate::message::{Outgoing, Unfit, id_text};
use crate::{Sqs, access, digest, limits, queue_name, receive_attributes};

/// SQS as other services see it.
pub struct Queues(pub Arc<Sqs>);

impl Queues {
    fn engine(&self) -> &dyn Engine {
        &*self.0.engine
    }

    async fn settle(&self, queue: Arn, handles: Vec<String>, settle: Settle) -> Result<(), PortError> {
        let receives: Vec<SpanId> = handles.iter().map(|handle| SpanId::of_receipt(handle)).collect();
        let settlements = handles.into_iter().map(|receipt_handle| Settlement { receipt_handle, settle });
        let key = queue_name::from_arn(&queue);
        // A handle that expired meanwhile belongs to a message that will be received again: nothing to do.
        let results = self.engine().settle(key.clone(), settlements.collect()).await?;
        for (receive, _) in receives.into_iter().zip(results).filter(|(_, result)| result.is_ok()) {
            self.0.tell_settled(&key, receive, settle);
        }
        Ok(())
    }
}

impl QueuePort for Queues {
    fn prepare(&self, queue: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        Box::pin(async move {
            let queue = self.engine().queue(&queue_name::from_arn(&queue)).await?;
            let record = self.0.records.of(&queue).map_err(|error| PortError::Failed(error.to_string()))?;
            if let Some(refusal) = access::refusal(&queue.key, &record, &message.sender)
                && !self.0.settings.lenient_policies
            {
                self.0.denied.count(queue.key.as_str(), message.sender.principal());
                return Err(PortError::Denied(refusal));
            }
            if message.attributes.len() > limits::MESSAGE_ATTRIBUTES_MAX {
                return Err(PortError::Refused("more than 10 message attributes".to_owned()));
            }
            let outgoing = Outgoing {
                body: message.body,
                attributes: message.attributes,
                trace_header: message.trace.map(|trace| trace.to_string()),
                delay_seconds: None,
                group: message.group,
                deduplication_id: message.deduplication_id,
                sender_id: message.sender_id,
            };
            let prepared = self.0.prepare(&queue, &record.attributes, outgoing);
            prepared
                .map(|prepared| prepared.enqueue)
                .map_err(|unfit: Unfit| PortError::Refused(unfit.of_single().message.into_owned()))
        })
    }

    fn facts(&self, queue: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>> {
        Box::pin(async move {
            let queue = self.engine().queue(&queue_name::from_arn(&queue)).await?;
            Ok(QueueFacts {
                visibility_timeout_seconds: queue.settings.visibility_timeout_seconds,
                fifo: matches!(queue.settings.kind, QueueKind::Fifo(_)),
                dead_letter_queue: queue
                    .settings
                    .dead_letter
                    .as_ref()
                    .and_then(|dead_letter| dead_letter.target.as_str().parse().ok()),
            })
        })
    }

    fn open(&self, content: &Bytes) -> Result<QueueMessage, PortError> {
        let content = Content::decode(content).map_err(|error| PortError::Refused(error.to_string()))?;
        Ok(QueueMessage {
            body: String::from_utf8_lossy(&content.body).into_owned().into(),
            attributes: content.attributes,
            group: content.group,
            deduplication_id: content.deduplication_id,
            trace: content.trace_header.as_deref().and_then(TraceHeader::parse),
            sender: Sender::Account(content.sender_id.clone()),
            sender_id: content.sender_id,
        })
    }

    fn receive(
        &self,
        queue: Arn,
        max_messages: u32,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>> {
        Box::pin(async move {
            let key = queue_name::from_arn(&queue);
            let receive = Receive {
                queue: key.clone(),
                max_messages,
                visibility_timeout_seconds: None,
                wait,
                attempt_id: None,
            };
            let deliveries = self.engine().receive(receive).await?;
            deliveries.into_iter().map(|delivery| record(&self.0, &key, delivery)).collect()
        })
    }

    fn delete(&self, queue: Arn, receipt_handles: Vec<String>) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(self.settle(queue, receipt_handles, Settle::Delete))
    }

    fn return_in(
        &self,
        queue: Arn,
        receipt_handles: Vec<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(self.settle(queue, receipt_handles, Settle::VisibleIn { seconds }))
    }
}

/// A body's text, which shares its bytes. It was text when it was sent; to check that takes less than to look for what is
/// not.
fn text(body: &Bytes) -> ByteString {
    ByteString::try_from(body.clone()).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
}

/// A delivery as Lambda's records have it.
fn record(sqs: &Sqs, queue: &QueueKey, delivery: Delivery) -> Result<QueueRecord, PortError> {
    let content = Content::decode(&delivery.content).map_err(|error| PortError::Failed(error.to_string()))?;
    let received = sqs.tell_received(queue, &delivery, &content);
    let attributes = receive_attributes::all_system(&delivery, &content);
    Ok(QueueRecord {
        received,
        message_id: id_text(delivery.message_id),
        receipt_handle: delivery.receipt_handle,
        body: text(&content.body),
        md5_of_body: hex::encode(content.md5_of_body),
        attributes,
        md5_of_message_attributes: digest::of_attributes(&content.attributes),
        message_attributes: content.attributes,
    })
}
