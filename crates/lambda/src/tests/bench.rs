//! What the tests stand on: an engine in memory, a clock set by hand, an executor and queues made for tests.

mod calls;
mod packages;
mod ports;
mod scripted;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{AccountId, Region, RequestId};
use bytes::Bytes;
use engine::{Clock, Commit, Engine, QueueCounts, QueueKey, QueueKind, QueueSettings, Timestamp};
use local::Local;
use serde_json::{Value as Json, json};
use service::{Caller, Context, Endpoint, Ids, Ports, RandomIds, Tasks};
use testkit::SimulatedClock;
use tokio::sync::watch;

use crate::execution::Execute;
use crate::{Dependencies, Lambda, Settings};
pub(super) use packages::{files, function, package};
use ports::{Objects, Queues, Topics, enqueue};
pub(super) use scripted::{Scripted, answered, failed};

pub(super) const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:queue";
pub(super) const DEAD_LETTERS: &str = "arn:aws:sqs:us-east-1:000000000000:dead-letters";
pub(super) const VISIBILITY_SECONDS: u32 = 30;

pub(super) struct Bench {
    pub(super) lambda: Arc<Lambda>,
    pub(super) executor: Arc<Scripted>,
    pub(super) clock: SimulatedClock,
    pub(super) engine: Arc<Local>,
    /// What was written to S3: bucket, key, content.
    pub(super) written: Arc<Mutex<Vec<(String, String, Bytes)>>>,
    /// What was published to SNS.
    pub(super) published: Arc<Mutex<Vec<String>>>,
    tasks: Tasks,
    folder: Arc<tempfile::TempDir>,
}

impl Bench {
    /// A server that has just been started, with two queues.
    pub(super) async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let settings = local::Settings {
            folder: folder.path().join("engine"),
            durability: local::Durability::Memory,
            partitions: 2,
            history: None,
        };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        for queue in [QUEUE, DEAD_LETTERS] {
            let settings = QueueSettings {
                kind: QueueKind::Standard,
                delay_seconds: 0,
                retention_seconds: 345_600,
                visibility_timeout_seconds: VISIBILITY_SECONDS,
                dead_letter: None,
                in_flight_max: 120_000,
            };
            engine::Queues::create_queue(&*engine, QueueKey::new(queue), settings, Bytes::new())
                .await
                .unwrap();
        }
        Self::over(engine, clock, Arc::new(folder))
    }

    fn over(engine: Arc<Local>, clock: SimulatedClock, folder: Arc<tempfile::TempDir>) -> Self {
        let executor = Arc::new(Scripted {
            answer: Mutex::new(Box::new(|invocation| {
                answered(std::str::from_utf8(&invocation.payload).unwrap())
            })),
            calls: Mutex::default(),
            retired: Mutex::default(),
            provisioned: Mutex::default(),
            stream_type: Mutex::new("application/octet-stream".to_owned()),
            hold: watch::Sender::new(false),
            processors: AtomicUsize::new(8),
            room: Arc::default(),
        });
        let ports = Ports::default();
        ports.offer_queues(Arc::new(Queues(Arc::clone(&engine))));
        let (objects, topics) = (Objects::default(), Topics::default());
        let (written, published) = (Arc::clone(&objects.0), Arc::clone(&topics.0));
        ports.offer_objects(Arc::new(objects));
        ports.offer_topics(Arc::new(topics));
        let lambda = Lambda::new(Dependencies {
            engine: Arc::clone(&engine) as Arc<dyn Engine>,
            ids: Arc::new(RandomIds),
            clock: Arc::new(clock.clone()),
            ports,
            executor: Arc::clone(&executor) as Arc<dyn Execute>,
            settings: Settings {
                data_dir: folder.path().to_path_buf(),
                endpoint: "http://127.0.0.1:4566".to_owned(),
                lenient_policies: false,
                mapping_batches_max: 64,
            },
        });
        let tasks = Tasks::default();
        crate::start(&lambda, &tasks);
        Self { lambda, executor, clock, engine, written, published, tasks, folder }
    }

    /// Ends the service and starts it anew over the same engine.
    pub(super) async fn restart(self) -> Self {
        self.tasks.shut_down().await;
        Self::over(self.engine, self.clock, self.folder)
    }

    pub(super) fn context(&self) -> Context {
        Context {
            request_id: RequestId(RandomIds.uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: "test".to_owned(),
            },
            endpoint: Endpoint::of_host("127.0.0.1:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    /// Creates a function and waits until it is active.
    pub(super) async fn create(&self, name: &str, more: &Json) -> Json {
        let (status, answer) = self.post("/2015-03-31/functions", &function(name, more)).await;
        assert_eq!(status, 201, "{answer}");
        self.settled(name).await
    }

    /// Waits until a function is on its way nowhere.
    pub(super) async fn settled(&self, name: &str) -> Json {
        let path = format!("/2015-03-31/functions/{name}/configuration");
        eventually(async || {
            let (_, answer) = self.get(&path).await;
            let done = answer["State"] != "Pending" && answer["LastUpdateStatus"] != "InProgress";
            done.then_some(answer)
        })
        .await
    }

    /// Creates a mapping of the queue to `f` and waits until it is enabled.
    pub(super) async fn map(&self, more: &Json) -> String {
        let mut input = json!({"FunctionName": "f", "EventSourceArn": QUEUE});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = self.post("/2015-03-31/event-source-mappings", &input).await;
        assert_eq!((status, &answer["State"]), (202, &json!("Creating")), "{answer}");
        let uuid = answer["UUID"].as_str().unwrap().to_owned();
        self.in_state(&uuid, "Enabled").await;
        uuid
    }

    pub(super) async fn in_state(&self, uuid: &str, state: &str) {
        let path = format!("/2015-03-31/event-source-mappings/{uuid}");
        eventually(async || (self.get(&path).await.1["State"] == state).then_some(())).await;
    }

    /// Sends messages in one commit.
    pub(super) async fn enqueue(&self, bodies: &[&str]) {
        let enqueue = bodies.iter().map(|body| enqueue(QueueKey::new(QUEUE), body)).collect();
        engine::Queues::commit(&*self.engine, Commit { home: None, enqueue }).await.unwrap();
    }

    pub(super) async fn counts(&self, queue: &str) -> QueueCounts {
        engine::Queues::counts(&*self.engine, &QueueKey::new(queue)).await.unwrap()
    }

    /// Nothing is left in the queue, not even in flight.
    pub(super) async fn drained(&self, queue: &str) {
        eventually(async || (self.counts(queue).await == QueueCounts::default()).then_some(())).await;
    }

    pub(super) async fn called(&self, times: usize) {
        eventually(async || (self.executor.count() >= times).then_some(())).await;
    }

    /// Lets time pass, second by second, until something is so; answers how long it took.
    pub(super) async fn advance_until(&self, mut check: impl AsyncFnMut() -> bool) -> Duration {
        let from: Timestamp = self.clock.now();
        eventually(async || {
            for _ in 0..20 {
                if check().await {
                    return Some(self.clock.now().since(from));
                }
                tokio::task::yield_now().await;
            }
            self.clock.advance(Duration::from_secs(1));
            None
        })
        .await
    }
}

/// Asks again and again until there is an answer; panics after ten seconds.
pub(super) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asking).await.expect("it should come to pass")
}
