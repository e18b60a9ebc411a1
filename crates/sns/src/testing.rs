//! What tests share: topics with real queues behind them, on the engine in memory and a clock set by hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::{AccountId, Region, RequestId};
use base64::Engine as _;
use engine::Clock as _;
use local::{Durability, Local};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use service::ports::{QueuePort as _, QueueRecord};
use service::{Action, Caller, Context, CountingIds, Endpoint, Ids as _, Ports, RandomIds, ServiceError};
use testkit::SimulatedClock;

use crate::actions::{CreateTopic, Publish, Subscribe};
use crate::{Settings, Sns};

pub(crate) struct Bench {
    pub(crate) sns: Arc<Sns>,
    pub(crate) queues: Arc<sqs::Queues>,
    pub(crate) engine: Arc<Local>,
    pub(crate) clock: SimulatedClock,
    pub(crate) outbox: PathBuf,
    _folder: tempfile::TempDir,
}

pub(crate) const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:";

impl Bench {
    pub(crate) fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let path = folder.path().to_path_buf();
        let settings = local::Settings {
            folder: path.clone(),
            durability: Durability::Memory,
            partitions: 2,
            history: None,
        };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let ports = Ports::default();
        let queues = Arc::new(sqs::Queues(sqs::Sqs::new(
            Arc::clone(&engine) as _,
            Arc::new(RandomIds),
            sqs::Settings::default(),
        )));
        ports.offer_queues(Arc::clone(&queues) as _);
        let outbox = path.join("outbox");
        let settings = Settings {
            endpoint: "http://here:4566".into(),
            outbox: outbox.clone(),
            smtp_url: None,
            lenient_policies: false,
        };
        let ids = Arc::new(CountingIds::default());
        let sns = Sns::new(Arc::clone(&engine) as _, ids, Arc::new(clock.clone()), ports, settings);
        Self { sns, queues, engine, clock, outbox, _folder: folder }
    }

    pub(crate) async fn call<A: Action<Service = Sns>>(&self, input: Json) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        self.call_as::<A>("test", input).await
    }

    /// With an access key; an empty one is nobody's.
    pub(crate) async fn call_as<A: Action<Service = Sns>>(
        &self,
        access_key_id: &str,
        input: Json,
    ) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        self.call_in::<A>(&self.context(access_key_id), input).await
    }

    pub(crate) async fn call_in<A: Action<Service = Sns>>(
        &self,
        context: &Context,
        input: Json,
    ) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        let input = A::Input::deserialize(input).expect("the test's own input");
        Ok(serde_json::to_value(A::run(&self.sns, context, input).await?).unwrap())
    }

    pub(crate) fn context(&self, access_key_id: &str) -> Context {
        Context {
            request_id: RequestId(CountingIds::default().uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: access_key_id.into(),
            },
            endpoint: Endpoint::of_host("localhost:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    /// Opens a page that a mail links to, as a browser does.
    pub(crate) async fn open(&self, link: &str) -> (u16, String) {
        let (path, query) = link.split_once("4566").unwrap().1.split_once('?').unwrap();
        let pages = crate::service(&self.sns).pages;
        let page = pages.iter().find(|page| path.starts_with(page.path_prefix)).unwrap();
        let request = service::PageRequest {
            path: path.to_owned(),
            query: query.to_owned(),
            context: self.context(""),
        };
        let reply = (page.answer)(request).await;
        (reply.status.as_u16(), String::from_utf8(reply.body.to_vec()).unwrap())
    }

    pub(crate) async fn topic(&self, name: &str, attributes: Json) -> String {
        let answer = self.call::<CreateTopic>(json!({"Name": name, "Attributes": attributes})).await.unwrap();
        answer["TopicArn"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn queue(&self, name: &str) {
        self.queue_at(&format!("{QUEUE}{name}")).await;
    }

    pub(crate) async fn queue_at(&self, arn: &str) {
        use engine::Queues as _;
        let name = arn;
        let kind = if name.ends_with(".fifo") {
            engine::QueueKind::Fifo(engine::DeduplicationScope::Queue)
        } else {
            engine::QueueKind::Standard
        };
        let settings = engine::QueueSettings {
            kind,
            delay_seconds: 0,
            retention_seconds: 345_600,
            visibility_timeout_seconds: 30,
            dead_letter: None,
            in_flight_max: 120_000,
        };
        let statement = json!({
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn,
        });
        let mut attributes = json!({"Policy": json!({"Statement": statement}).to_string()});
        if name.ends_with(".fifo") {
            attributes["FifoQueue"] = json!("true");
        }
        let record = json!({"version": 1, "attributes": attributes, "tags": {}}).to_string();
        self.engine.create_queue(engine::QueueKey::new(arn), settings, record.into()).await.unwrap();
    }

    pub(crate) async fn subscribe(&self, topic: &str, queue: &str, attributes: Json) -> String {
        let endpoint = format!("{QUEUE}{queue}");
        let input =
            json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": attributes});
        self.call::<Subscribe>(input).await.unwrap()["SubscriptionArn"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn publish(&self, topic: &str, message: &str) -> Json {
        self.call::<Publish>(json!({"TopicArn": topic, "Message": message})).await.unwrap()
    }

    pub(crate) async fn received(&self, queue: &str) -> Vec<QueueRecord> {
        self.queues.receive(format!("{QUEUE}{queue}").parse().unwrap(), 10, Duration::ZERO).await.unwrap()
    }

    /// Waits for it: it may come from another partition.
    pub(crate) async fn arrived(&self, queue: &str) -> QueueRecord {
        self.arrived_at(&format!("{QUEUE}{queue}")).await
    }

    pub(crate) async fn arrived_at(&self, arn: &str) -> QueueRecord {
        let arn = arn.parse().unwrap();
        self.queues.receive(arn, 1, Duration::from_secs(20)).await.unwrap().remove(0)
    }
}

pub(crate) fn refused(result: Result<Json, ServiceError>) -> String {
    result.expect_err("it should be refused").message.into_owned()
}

impl Bench {
    /// Waits until a task has created its queue.
    pub(crate) async fn until_queue(&self, queue: &str) {
        use engine::Queues as _;
        while self.engine.queue(&engine::QueueKey::new(queue)).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    /// The JSON document in the mail behind `seen` others.
    pub(crate) async fn next_document(&self, seen: usize) -> Json {
        let mail = self.next_mail(seen).await;
        let (_, body) = mail.split_once("\r\n\r\n").unwrap();
        let unfolded = body.replace("=\r\n", "").replace("=3D", "=");
        serde_json::from_str(unfolded.trim()).unwrap_or_else(|error| panic!("{error}: {unfolded}"))
    }

    /// What was recorded and not sent, behind `seen` others.
    pub(crate) async fn next_recorded(&self, seen: usize) -> Json {
        serde_json::from_str(&self.next_file("json", seen).await).unwrap()
    }

    /// The mail behind `seen` others.
    pub(crate) async fn next_mail(&self, seen: usize) -> String {
        self.next_file("eml", seen).await
    }

    async fn next_file(&self, extension: &str, seen: usize) -> String {
        loop {
            let entries = std::fs::read_dir(&self.outbox).into_iter().flatten();
            let mut files: Vec<PathBuf> = entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|its| its == extension))
                .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
                .collect();
            files.sort_by_key(|path| {
                std::fs::metadata(path).and_then(|metadata| metadata.modified()).unwrap()
            });
            if files.len() > seen {
                return std::fs::read_to_string(&files[seen]).unwrap();
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Bench {
    /// The signature is over AWS's string and under the stored key.
    pub(crate) async fn verify(&self, envelope: &Json, members: &[&str]) {
        use engine::Registry as _;
        let record = self.engine.get(&engine::RecordKey::new("sns/signing-key")).await.unwrap().unwrap();
        let record: crate::signing_key::KeyRecord = serde_json::from_slice(&record.value).unwrap();
        let base64 = base64::engine::general_purpose::STANDARD;
        let key = record.key().unwrap().to_public_key();
        let text: String =
            members.iter().flat_map(|name| [*name, "\n", envelope[*name].as_str().unwrap(), "\n"]).collect();
        let signature = base64.decode(envelope["Signature"].as_str().unwrap()).unwrap();
        let signature = Signature::try_from(signature.as_slice()).unwrap();
        if envelope["SignatureVersion"] == "2" {
            VerifyingKey::<sha2::Sha256>::new(key).verify(text.as_bytes(), &signature).unwrap();
        } else {
            VerifyingKey::<sha1::Sha1>::new(key).verify(text.as_bytes(), &signature).unwrap();
        }
    }
}
