//! Queues of the service's own, in which what is to leave the program waits: created when the program starts, emptied by
//! a task each.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use engine::{
    Delivery, Enqueue, Error, MessageId, NewMessage, QueueKey, QueueKind, QueueSettings, Receive, Refusal,
    Settle, Settlement,
};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use service::Stop;
use uuid::Uuid;

use crate::Sns;

/// Deliveries under way at once.
const IN_FLIGHT_MAX: u32 = 10;
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

/// Creates the queue if need be and hands out what waits in it until told to end, some at once: a slow one holds up no
/// other. What is handed out leaves the queue only when `deliver` says so.
pub(crate) async fn serve<F, D>(sns: &Sns, queue: &'static str, stop: &mut Stop, deliver: F)
where
    F: Fn(Delivery) -> D,
    D: Future<Output = Settle>,
{
    if let Err(error) = create(sns, queue).await {
        tracing::error!(%error, queue, "what is to be delivered cannot be kept");
        return;
    }
    let (deliver, mut inbox) = (&deliver, Inbox::new(sns, QueueKey::new(queue)));
    let mut under_way = FuturesUnordered::new();
    while !stop.is_requested() {
        let free = IN_FLIGHT_MAX.saturating_sub(u32::try_from(under_way.len()).unwrap_or(u32::MAX));
        let received = tokio::select! {
            received = inbox.next(free), if free > 0 => received,
            Some(()) = under_way.next(), if !under_way.is_empty() => continue,
            () = stop.requested() => break,
        };
        match received {
            Ok(deliveries) => under_way.extend(deliveries.into_iter().map(|delivery| async move {
                let receipt_handle = delivery.receipt_handle.clone();
                let outcome = deliver(delivery).await;
                settle(sns, queue, Settlement { receipt_handle, settle: outcome }).await;
            })),
            Err(error) => {
                tracing::warn!(%error, queue, "what is to be delivered cannot be read");
                tokio::select! {
                    () = sns.clock.sleep_until(sns.clock.now().plus(PAUSE)) => {}
                    () = stop.requested() => break,
                }
            }
        }
    }
    while under_way.next().await.is_some() {}
}

/// What a queue hands out. A receive is kept until it is answered, whatever else happens meanwhile: messages that were
/// handed to one that is dropped would be away for their visibility timeout.
pub(crate) struct Inbox<'a> {
    sns: &'a Sns,
    queue: QueueKey,
    asked: Option<BoxFuture<'a, Result<Vec<Delivery>, Error>>>,
}

impl<'a> Inbox<'a> {
    pub(crate) fn new(sns: &'a Sns, queue: QueueKey) -> Self {
        Self { sns, queue, asked: None }
    }

    /// Up to so many messages; none if none came for a while. Dropping this future drops nothing.
    pub(crate) async fn next(&mut self, max_messages: u32) -> Result<Vec<Delivery>, Error> {
        let receive = || {
            self.sns.engine.receive(Receive {
                queue: self.queue.clone(),
                max_messages,
                visibility_timeout_seconds: None,
                wait: POLL,
                attempt_id: None,
            })
        };
        let received = self.asked.get_or_insert_with(receive).await;
        self.asked = None;
        received
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use service::Tasks;
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::testing::Bench;

    /// Hands numbers on; the first one waits until it is let go.
    fn serving(bench: &Bench, tasks: &Tasks, slow: &Arc<Notify>) -> mpsc::UnboundedReceiver<u32> {
        let (sender, arrived) = mpsc::unbounded_channel();
        let (sns, slow, mut stop) = (Arc::clone(&bench.sns), Arc::clone(slow), tasks.stop());
        tasks.spawn("test", async move {
            serve(&sns, "sns/test", &mut stop, |delivery| {
                let (sender, slow) = (sender.clone(), Arc::clone(&slow));
                async move {
                    let number: u32 = serde_json::from_slice(&delivery.content).unwrap();
                    if number == 0 {
                        slow.notified().await;
                    }
                    let _ = sender.send(number);
                    Settle::Delete
                }
            })
            .await;
        });
        arrived
    }

    async fn send(bench: &Bench, number: u32) {
        use engine::Queues as _;
        let enqueue = vec![enqueue("sns/test", Uuid::from_u128(u128::from(number) + 1), &number)];
        bench.engine.commit(engine::Commit { home: None, enqueue }).await.unwrap();
    }

    #[tokio::test]
    async fn a_slow_delivery_holds_up_no_other_and_what_waits_outlives_a_restart() {
        let (bench, slow) = (Bench::new(), Arc::new(Notify::new()));
        create(&bench.sns, "sns/test").await.unwrap();
        let tasks = Tasks::default();
        let mut arrived = serving(&bench, &tasks, &slow);
        for number in 0..30 {
            send(&bench, number).await;
        }
        let mut others: Vec<u32> = Vec::new();
        while others.len() < 29 {
            others.push(arrived.recv().await.unwrap());
        }
        assert!(!others.contains(&0));
        slow.notify_one();
        assert_eq!(arrived.recv().await, Some(0));
        tasks.shut_down().await;
        send(&bench, 30).await;
        let tasks = Tasks::default();
        assert_eq!(serving(&bench, &tasks, &slow).recv().await, Some(30));
        tasks.shut_down().await;
    }
}
