//! Events over the engine itself, brought to a queue that can fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::Arn;
use bytes::Bytes;
use engine::{Enqueue, Expect, MessageId, NewMessage, QueueKey, QueueKind, QueueSettings, Queues as _};
use futures_util::future::BoxFuture;
use s3s::S3 as _;
use s3s::dto::{DeleteObjectInput, PutObjectInput};
use serde_json::Value as Json;
use service::Tasks;
use service::ports::{PortError, QueueFacts, QueueMessage, QueuePort, QueueRecord};

use super::EVENTS;
use crate::limits;
use crate::notifications::{Kind, Target};
use crate::records::{self, BucketRecord, Versioning};
use crate::testing::{BUCKET, Bench, request};

const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// A queue that keeps what it is sent, and fails while it is told to.
#[derive(Default)]
struct FailingQueue {
    fails: AtomicBool,
    prepared: Mutex<Vec<(String, String)>>,
}

impl QueuePort for FailingQueue {
    fn prepare(&self, _: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        Box::pin(async move {
            if self.fails.load(Ordering::Relaxed) {
                return Err(PortError::Failed("the disk is full".to_owned()));
            }
            let event: Json = serde_json::from_str(message.body.as_str()).unwrap();
            let of = |value: &Json| value.as_str().unwrap().to_owned();
            let record = &event["Records"][0];
            let mut prepared = self.prepared.lock().unwrap();
            prepared.push((of(&record["eventName"]), of(&record["s3"]["object"]["key"])));
            let id = MessageId(prepared.len() as u128);
            let content = Bytes::from(message.body.as_str().to_owned());
            let message =
                NewMessage { id, content, delay_seconds: None, group: None, deduplication_id: None };
            Ok(Enqueue { queue: QueueKey::new("q"), message })
        })
    }

    fn facts(&self, _: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>> {
        unimplemented!("not asked for")
    }

    fn open(&self, _: &Bytes) -> Result<QueueMessage, PortError> {
        unimplemented!("not asked for")
    }

    fn receive(&self, _: Arn, _: u32, _: Duration) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>> {
        unimplemented!("not asked for")
    }

    fn delete(&self, _: Arn, _: Vec<String>) -> BoxFuture<'_, Result<(), PortError>> {
        unimplemented!("not asked for")
    }

    fn return_in(&self, _: Arn, _: Vec<String>, _: u32) -> BoxFuture<'_, Result<(), PortError>> {
        unimplemented!("not asked for")
    }
}

/// A bucket that tells the queue of everything.
async fn telling() -> Bench {
    let bench = Bench::new(Versioning::Never).await;
    let settings = QueueSettings {
        kind: QueueKind::Standard,
        delay_seconds: 0,
        retention_seconds: 345_600,
        visibility_timeout_seconds: 30,
        dead_letter: None,
        in_flight_max: 120_000,
    };
    bench.local.create_queue(QueueKey::new("q"), settings, Bytes::new()).await.unwrap();
    let target = Target {
        kind: Kind::Queue,
        arn: ARN.parse().unwrap(),
        id: "x".to_owned(),
        events: vec!["s3:ObjectCreated:*".to_owned(), "s3:ObjectRemoved:*".to_owned()],
        prefix: String::new(),
        suffix: String::new(),
    };
    let (record, _) = bench.s3.bucket(BUCKET).await.unwrap();
    let record = BucketRecord { notifications: vec![target], ..record };
    bench.s3.put(records::bucket_key(BUCKET), records::encode(&record), Expect::Anything).await.unwrap();
    bench
}

fn offer(bench: &Bench) -> Arc<FailingQueue> {
    let queue = Arc::new(FailingQueue::default());
    bench.ports().offer_queues(Arc::clone(&queue) as Arc<dyn QueuePort>);
    queue
}

async fn put(bench: &Bench, key: &str) -> Result<(), String> {
    let input = PutObjectInput { bucket: BUCKET.into(), key: key.into(), ..Default::default() };
    let put = bench.operations().put_object(request(input)).await;
    put.map(drop).map_err(|error| error.code().as_str().to_owned())
}

async fn delete(bench: &Bench, key: &str) {
    let input = DeleteObjectInput { bucket: BUCKET.into(), key: key.into(), ..Default::default() };
    bench.operations().delete_object(request(input)).await.unwrap();
}

/// Waits until the outbox has so many events.
async fn until_waiting(bench: &Bench, count: usize) {
    let mut watch = bench.s3.engine.watch(EVENTS);
    while bench.s3.engine.list(EVENTS, None, usize::MAX).await.unwrap().len() != count {
        watch.changed().await;
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_stored_fails_no_write_and_comes_later() {
    let bench = telling().await;
    let (queue, tasks) = (offer(&bench), Tasks::default());
    queue.fails.store(true, Ordering::Relaxed);
    crate::start(&bench.s3, &tasks);
    put(&bench, "a").await.unwrap();
    delete(&bench, "a").await;
    delete(&bench, "never there").await;
    until_waiting(&bench, 2).await;
    queue.fails.store(false, Ordering::Relaxed);
    let clock = bench.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            clock.advance(limits::EVENT_RETRY_MAX);
            tokio::task::yield_now().await;
        }
    });
    until_waiting(&bench, 0).await;
    ticking.abort();
    let told = queue.prepared.lock().unwrap().clone();
    let wanted = [("ObjectCreated:Put", "a"), ("ObjectRemoved:Delete", "a")];
    assert_eq!(told, wanted.map(|(event, key)| (event.to_owned(), key.to_owned())));
    let counts = bench.local.counts(&QueueKey::new("q")).await.unwrap();
    assert_eq!(counts.visible, 2);
    tasks.shut_down().await;
}

#[tokio::test]
async fn events_that_a_crash_left_are_brought_by_the_next_start_in_their_order() {
    let bench = telling().await;
    for key in ["a", "b", "c"] {
        put(&bench, key).await.unwrap();
    }
    delete(&bench, "b").await;
    let bench = bench.killed();
    let (queue, tasks) = (offer(&bench), Tasks::default());
    crate::start(&bench.s3, &tasks);
    until_waiting(&bench, 0).await;
    let keys: Vec<String> = queue.prepared.lock().unwrap().iter().map(|(_, key)| key.clone()).collect();
    assert_eq!(keys, ["a", "b", "c", "b"]);
    tasks.shut_down().await;
}

#[tokio::test]
async fn what_its_target_does_not_take_is_given_up() {
    let bench = telling().await;
    put(&bench, "a").await.unwrap();
    let tasks = Tasks::default();
    // There is no port of queues, and there will be none.
    crate::start(&bench.s3, &tasks);
    until_waiting(&bench, 0).await;
    tasks.shut_down().await;
}

#[tokio::test]
async fn while_too_many_wait_writes_that_would_be_told_of_are_slowed_down() {
    let bench = telling().await;
    bench.s3.events_wait(limits::EVENTS_WAITING_MAX);
    assert_eq!(put(&bench, "a").await, Err("SlowDown".to_owned()));
    assert!(bench.s3.object(BUCKET, "a").await.is_err());
}
