//! The other services, as far as these tests need them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{Arn, TraceHeader};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::{Enqueue, MessageId, NewMessage, QueueKey, QueueKind, Receive, Settle, Settlement};
use futures_util::future::BoxFuture;
use local::Local;
use serde_json::json;
use service::ports::{
    ObjectPort, ObjectSince, ObjectThen, PortError, QueueFacts, QueueMessage, QueuePort, QueueRecord, Sender,
    TopicPort,
};
use service::{Ids, RandomIds};

use super::package;

/// SQS as far as these tests need it: bodies only, over the engine's queues.
pub(super) struct Queues(pub(super) Arc<Local>);

impl QueuePort for Queues {
    fn prepare(&self, queue: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        let queue = QueueKey::new(queue.as_str());
        Box::pin(async move {
            engine::Queues::queue(&*self.0, &queue).await?;
            let attributes: BTreeMap<_, _> =
                message.attributes.iter().map(|(name, value)| (name, format!("{:?}", value.value))).collect();
            Ok(enqueue(queue, &json!({"body": message.body.as_str(), "attributes": attributes}).to_string()))
        })
    }

    fn facts(&self, queue: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>> {
        Box::pin(async move {
            let queue = engine::Queues::queue(&*self.0, &QueueKey::new(queue.as_str())).await?;
            let fifo = matches!(queue.settings.kind, QueueKind::Fifo(_));
            Ok(QueueFacts {
                visibility_timeout_seconds: queue.settings.visibility_timeout_seconds,
                fifo,
                dead_letter_queue: None,
            })
        })
    }

    fn open(&self, _: &Bytes) -> Result<QueueMessage, PortError> {
        Err(PortError::Refused("nothing here opens a message".to_owned()))
    }

    fn receive(
        &self,
        queue: Arn,
        max_messages: u32,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>> {
        let receive = Receive {
            queue: QueueKey::new(queue.as_str()),
            max_messages,
            visibility_timeout_seconds: None,
            wait,
            attempt_id: None,
        };
        Box::pin(async move {
            let received = engine::Queues::receive(&*self.0, receive).await?;
            let record = |delivery: engine::Delivery| QueueRecord {
                received: engine::Link::default(),
                message_id: uuid::Uuid::from_u128(delivery.message_id.0).to_string(),
                receipt_handle: delivery.receipt_handle,
                body: String::from_utf8_lossy(&delivery.content).into_owned().into(),
                md5_of_body: String::new(),
                attributes: BTreeMap::new(),
                message_attributes: BTreeMap::new(),
                md5_of_message_attributes: None,
            };
            Ok(received.into_iter().map(record).collect())
        })
    }

    fn delete(&self, queue: Arn, receipt_handles: Vec<String>) -> BoxFuture<'_, Result<(), PortError>> {
        let settlements = receipt_handles
            .into_iter()
            .map(|receipt_handle| Settlement { receipt_handle, settle: Settle::Delete })
            .collect();
        Box::pin(async move {
            engine::Queues::settle(&*self.0, QueueKey::new(queue.as_str()), settlements).await?;
            Ok(())
        })
    }

    fn return_in(
        &self,
        queue: Arn,
        receipt_handles: Vec<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        let settle = Settle::VisibleIn { seconds };
        let settlements =
            receipt_handles.into_iter().map(|receipt_handle| Settlement { receipt_handle, settle }).collect();
        Box::pin(async move {
            engine::Queues::settle(&*self.0, QueueKey::new(queue.as_str()), settlements).await?;
            Ok(())
        })
    }
}

/// S3 with one object: `bucket/key`, a package; and what is written.
#[derive(Default)]
pub(super) struct Objects(pub(super) Arc<Mutex<Vec<(String, String, Bytes)>>>);

impl ObjectPort for Objects {
    fn since(&self, then: ObjectThen) -> BoxFuture<'_, Result<ObjectSince, PortError>> {
        Box::pin(async move { Err(PortError::NotFound(then.key)) })
    }

    fn restore(&self, _: String, key: String, _: String) -> BoxFuture<'_, Result<String, PortError>> {
        Box::pin(async move { Err(PortError::NotFound(key)) })
    }

    fn read(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        _: u64,
    ) -> BoxFuture<'_, Result<Bytes, PortError>> {
        Box::pin(async move {
            match (bucket.as_str(), key.as_str(), version) {
                ("bucket", "key", None) => Ok(STANDARD.decode(package("from S3")).unwrap().into()),
                _ => Err(PortError::NotFound(key)),
            }
        })
    }

    fn write(&self, bucket: String, key: String, document: Bytes) -> BoxFuture<'_, Result<(), PortError>> {
        self.0.lock().unwrap().push((bucket, key, document));
        Box::pin(async { Ok(()) })
    }
}

/// SNS as far as these tests need it: what was published.
#[derive(Default)]
pub(super) struct Topics(pub(super) Arc<Mutex<Vec<String>>>);

impl TopicPort for Topics {
    fn publish_to(
        &self,
        topic: Arn,
        message: service::ports::TopicMessage,
        _: Option<String>,
        trace: Option<aws::TraceHeader>,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        self.publish(topic, message.subject, message.message, trace, Sender::Account(String::new()))
    }

    fn subscriptions_of(&self, _: Arn) -> BoxFuture<'_, Result<Vec<(Arn, String)>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn publish(
        &self,
        _: Arn,
        _: Option<String>,
        message: String,
        _: Option<TraceHeader>,
        _: Sender,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        self.0.lock().unwrap().push(message);
        Box::pin(async { Ok(()) })
    }

    fn exists(&self, _: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }
}

pub(super) fn enqueue(queue: QueueKey, content: &str) -> Enqueue {
    let message = NewMessage {
        id: MessageId(RandomIds.uuid().as_u128()),
        content: Bytes::copy_from_slice(content.as_bytes()),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    };
    Enqueue { queue, message }
}
