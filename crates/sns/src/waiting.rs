//! Queues of the service's own, in which what is to leave the program waits: created when the program starts, emptied by
//! a task each.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use engine::{
    Delivery, Enqueue, Error, MessageId, NewMessage, QueueKey, QueueKind, QueueSettings, Receive, Refusal,
    Settle, Settlement,
};
use serde::Serialize;
use service::Stop;
use uuid::Uuid;

use crate::Sns;

const AT_ONCE: u32 = 10;
const POLL: Duration = Duration::from_secs(20);
/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);
const RETENTION_SECONDS: u32 = 1_209_600;
/// One try may take so long.
const TRY_SECONDS: u32 = 120;

/// The send of something into such a queue.
pub(crate) fn enqueue<T: Serialize>(queue: &str, id: Uuid, what: &T) -> Enqueue {
    let content = serde_json::to_vec(what).expect("text keys and plain values");
    Enqueue {
        queue: QueueKey::new(queue),
        message: NewMessage {
            id: MessageId(id.as_u128()),
            content: Bytes::from(content),
            delay_seconds: None,
            group: None,
            deduplication_id: None,
        },
    }
}

/// Creates the queue if need be and hands out what waits in it until told to end. What is handed out leaves the queue
/// only when `deliver` says so.
pub(crate) async fn serve<F, D>(sns: &Sns, queue: &'static str, stop: &mut Stop, deliver: F)
where
    F: Fn(Delivery) -> D,
    D: Future<Output = Settle>,
{
    if let Err(error) = create(sns, queue).await {
        tracing::error!(%error, queue, "what is to be delivered cannot be kept");
        return;
    }
    while !stop.is_requested() {
        let receive = Receive {
            queue: QueueKey::new(queue),
            max_messages: AT_ONCE,
            visibility_timeout_seconds: None,
            wait: POLL,
            attempt_id: None,
        };
        let received = tokio::select! {
            received = sns.engine.receive(receive) => received,
            () = stop.requested() => return,
        };
        match received {
            Ok(deliveries) => {
                let each = deliveries.into_iter().map(|delivery| {
                    let receipt_handle = delivery.receipt_handle.clone();
                    let outcome = deliver(delivery);
                    async move {
                        settle(sns, queue, Settlement { receipt_handle, settle: outcome.await }).await;
                    }
                });
                futures_util::future::join_all(each).await;
            }
            Err(error) => {
                tracing::warn!(%error, queue, "what is to be delivered cannot be read");
                tokio::select! {
                    () = sns.clock.sleep_until(sns.clock.now().plus(PAUSE)) => {}
                    () = stop.requested() => return,
                }
            }
        }
    }
}

async fn settle(sns: &Sns, queue: &'static str, settlement: Settlement) {
    if let Err(error) = sns.engine.settle(QueueKey::new(queue), vec![settlement]).await {
        tracing::warn!(%error, queue, "a delivery could not be noted; it will be made again");
    }
}

async fn create(sns: &Sns, queue: &'static str) -> Result<(), Error> {
    let settings = QueueSettings {
        kind: QueueKind::Standard,
        delay_seconds: 0,
        retention_seconds: RETENTION_SECONDS,
        visibility_timeout_seconds: TRY_SECONDS,
        dead_letter: None,
        in_flight_max: u32::MAX,
    };
    match sns.engine.create_queue(QueueKey::new(queue), settings, Bytes::new()).await {
        Err(error) if !matches!(error, Error::Refused(Refusal::QueueExists(_))) => Err(error),
        _ => Ok(()),
    }
}
