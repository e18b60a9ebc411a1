//! Topics with real queues behind them, on the engine in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::{AccountId, Region, RequestId};
use base64::Engine as _;
use engine::Clock as _;
use local::{Durability, Local};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::Verifier as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use service::ports::{QueuePort as _, QueueRecord};
use service::{
    Action, Caller, Context, CountingIds, Endpoint, Ids as _, Ports, RandomIds, ServiceError, Tasks,
};
use testkit::SimulatedClock;

use crate::actions::*;
use crate::{Settings, Sns};

struct Bench {
    sns: Arc<Sns>,
    queues: Arc<sqs::Queues>,
    engine: Arc<Local>,
    clock: SimulatedClock,
    outbox: PathBuf,
    _folder: tempfile::TempDir,
}

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:";

impl Bench {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let path = folder.path().to_path_buf();
        let settings =
            local::Settings { folder: path.clone(), durability: Durability::Memory, partitions: 2 };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let ports = Ports::default();
        let queues = Arc::new(sqs::Queues(sqs::Sqs::new(Arc::clone(&engine) as _, Arc::new(RandomIds))));
        ports.offer_queues(Arc::clone(&queues) as _);
        let outbox = path.join("outbox");
        let settings =
            Settings { endpoint: "http://here:4566".into(), outbox: outbox.clone(), smtp_url: None };
        let ids = Arc::new(CountingIds::default());
        let sns = Sns::new(Arc::clone(&engine) as _, ids, Arc::new(clock.clone()), ports, settings);
        Self { sns, queues, engine, clock, outbox, _folder: folder }
    }

    async fn call<A: Action<Service = Sns>>(&self, input: Json) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        let context = Context {
            request_id: RequestId(CountingIds::default().uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: "test".into(),
            },
            endpoint: Endpoint::of_host("localhost:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        };
        let input = A::Input::deserialize(input).expect("the test's own input");
        Ok(serde_json::to_value(A::run(&self.sns, &context, input).await?).unwrap())
    }

    async fn topic(&self, name: &str, attributes: Json) -> String {
        let answer = self.call::<CreateTopic>(json!({"Name": name, "Attributes": attributes})).await.unwrap();
        answer["TopicArn"].as_str().unwrap().to_owned()
    }

    async fn queue(&self, name: &str) {
        use engine::Queues as _;
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
        let fifo = if name.ends_with(".fifo") { json!({"FifoQueue": "true"}) } else { json!({}) };
        let record = json!({"version": 1, "attributes": fifo, "tags": {}}).to_string();
        self.engine
            .create_queue(engine::QueueKey::new(format!("{QUEUE}{name}")), settings, record.into())
            .await
            .unwrap();
    }

    async fn subscribe(&self, topic: &str, queue: &str, attributes: Json) -> String {
        let endpoint = format!("{QUEUE}{queue}");
        let input =
            json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": attributes});
        self.call::<Subscribe>(input).await.unwrap()["SubscriptionArn"].as_str().unwrap().to_owned()
    }

    async fn publish(&self, topic: &str, message: &str) -> Json {
        self.call::<Publish>(json!({"TopicArn": topic, "Message": message})).await.unwrap()
    }

    async fn received(&self, queue: &str) -> Vec<QueueRecord> {
        self.queues.receive(format!("{QUEUE}{queue}").parse().unwrap(), 10, Duration::ZERO).await.unwrap()
    }

    /// Waits for it: it may come from another partition.
    async fn arrived(&self, queue: &str) -> QueueRecord {
        let arn = format!("{QUEUE}{queue}").parse().unwrap();
        self.queues.receive(arn, 1, Duration::from_secs(20)).await.unwrap().remove(0)
    }
}

fn refused(result: Result<Json, ServiceError>) -> String {
    result.expect_err("it should be refused").message.into_owned()
}

#[tokio::test]
async fn a_message_reaches_every_queue_enveloped_or_raw() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    for queue in ["a", "b"] {
        bench.queue(queue).await;
    }
    let subscription = bench.subscribe(&topic, "a", json!({})).await;
    bench.subscribe(&topic, "b", json!({"RawMessageDelivery": "true"})).await;
    let input = json!({
        "TopicArn": topic, "Message": "hi", "Subject": "s",
        "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}},
    });
    let published = bench.call::<Publish>(input).await.unwrap();
    let raw = bench.arrived("b").await;
    assert_eq!((raw.body.as_str(), raw.message_attributes.len()), ("hi", 1));
    let enveloped = bench.arrived("a").await;
    assert!(enveloped.message_attributes.is_empty());
    let order = [
        "\"Type\"",
        "\"MessageId\"",
        "\"TopicArn\"",
        "\"Subject\"",
        "\"Message\"",
        "\"Timestamp\"",
        "\"SignatureVersion\"",
        "\"Signature\"",
        "\"SigningCertURL\"",
        "\"UnsubscribeURL\"",
        "\"MessageAttributes\"",
    ];
    let places: Vec<usize> = order.iter().map(|member| enveloped.body.find(member).expect(member)).collect();
    assert!(places.is_sorted(), "the members stand in AWS's order: {}", enveloped.body);
    let envelope: Json = serde_json::from_str(&enveloped.body).unwrap();
    assert_eq!(envelope["MessageId"], published["MessageId"]);
    assert_eq!(envelope["Timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!(envelope["MessageAttributes"], json!({"k": {"Type": "String", "Value": "v"}}));
    assert!(envelope["UnsubscribeURL"].as_str().unwrap().ends_with(&subscription));
    verify(&bench, &envelope).await;
}

/// The signature is over AWS's string and under the stored key.
async fn verify(bench: &Bench, envelope: &Json) {
    use engine::Registry as _;
    let record = bench.engine.get(&engine::RecordKey::new("sns/signing-key")).await.unwrap().unwrap();
    let record: Json = serde_json::from_slice(&record.value).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64.decode(record["private_key"].as_str().unwrap()).unwrap();
    let key = rsa::RsaPrivateKey::from_pkcs8_der(&key).unwrap().to_public_key();
    let text: String = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        .iter()
        .flat_map(|name| [*name, "\n", envelope[*name].as_str().unwrap(), "\n"])
        .collect();
    let signature = base64.decode(envelope["Signature"].as_str().unwrap()).unwrap();
    let signature = Signature::try_from(signature.as_slice()).unwrap();
    VerifyingKey::<sha1::Sha1>::new(key).verify(text.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn a_filter_decides_and_a_missing_queue_holds_nobody_up() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    for queue in ["wanted", "unwanted", "dead"] {
        bench.queue(queue).await;
    }
    bench
        .subscribe(
            &topic,
            "wanted",
            json!({"FilterPolicy": "{\"kind\":[\"x\"]}", "FilterPolicyScope": "MessageBody"}),
        )
        .await;
    bench.subscribe(&topic, "unwanted", json!({"FilterPolicy": "{\"kind\":[\"x\"]}"})).await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    bench.subscribe(&topic, "missing", json!({"RedrivePolicy": redrive})).await;
    bench.publish(&topic, "{\"kind\":\"x\"}").await;
    assert!(bench.arrived("wanted").await.body.contains("Notification"));
    assert!(
        bench.arrived("dead").await.body.contains("Notification"),
        "the dead-letter queue got what could not arrive"
    );
    assert!(bench.received("unwanted").await.is_empty());
}

#[tokio::test]
async fn a_structured_message_is_another_one_for_each_protocol() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({"RawMessageDelivery": "true"})).await;
    let publish = async |message: &str| {
        bench
            .call::<Publish>(json!({"TopicArn": topic, "Message": message, "MessageStructure": "json"}))
            .await
    };
    publish("{\"default\":\"d\",\"sqs\":\"for queues\"}").await.unwrap();
    assert_eq!(bench.arrived("a").await.body, "for queues");
    assert_eq!(
        refused(publish("{}").await),
        "Invalid parameter: Message Structure - No default entry in JSON message body"
    );
    assert_eq!(
        refused(publish("x").await),
        "Invalid parameter: Message Structure - JSON message body failed to parse"
    );
}

#[tokio::test]
async fn fifo_topics_hand_groups_on_and_do_not_sign() {
    let bench = Bench::new();
    let topic =
        bench.topic("t.fifo", json!({"FifoTopic": "true", "ContentBasedDeduplication": "true"})).await;
    bench.queue("q.fifo").await;
    bench.subscribe(&topic, "q.fifo", json!({})).await;
    let text = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics";
    assert_eq!(refused(bench.call::<Publish>(json!({"TopicArn": topic, "Message": "x"})).await), text);
    for message in ["1", "1", "2"] {
        let input = json!({"TopicArn": topic, "Message": message, "MessageGroupId": "g"});
        assert_eq!(bench.call::<Publish>(input).await.unwrap()["SequenceNumber"].as_str().unwrap().len(), 20);
    }
    let first = bench.arrived("q.fifo").await;
    let envelope: Json = serde_json::from_str(&first.body).unwrap();
    assert!(envelope.get("Signature").is_none() && envelope.get("SequenceNumber").is_some());
    assert_eq!(first.attributes["MessageGroupId"], "g");
}

#[tokio::test]
async fn an_email_subscription_is_confirmed_by_the_link_in_its_mail() {
    let bench = Bench::new();
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    while bench.engine_queue_is_missing().await {
        tokio::task::yield_now().await;
    }
    let topic = bench.topic("t", json!({"DisplayName": "Shop"})).await;
    let input = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"});
    let pending = bench.call::<Subscribe>(input).await.unwrap();
    assert_eq!(pending["SubscriptionArn"], "pending confirmation");
    let mail = bench.next_mail(0).await;
    assert!(
        mail.contains("Subject: AWS Notification - Subscription Confirmation")
            && mail.contains("a@example.com"),
        "{mail}"
    );
    bench.publish(&topic, "before").await;
    let unfolded = mail.replace("=\r\n", "").replace("=3D", "=");
    let token = unfolded.split("Token=").nth(1).unwrap().split('&').next().unwrap();
    let confirm = async |token: &str| {
        bench.call::<ConfirmSubscription>(json!({"TopicArn": topic, "Token": token})).await
    };
    assert_eq!(refused(confirm("junk").await), "Invalid parameter: Token");
    let confirmed = confirm(token).await.unwrap();
    assert_eq!(confirm(token).await.unwrap(), confirmed);
    let input = json!({"TopicArn": topic, "Message": "after", "Subject": "News"});
    bench.call::<Publish>(input).await.unwrap();
    let mail = bench.next_mail(1).await;
    assert!(mail.contains("Subject: News") && mail.contains("after") && mail.contains("Shop"), "{mail}");
    tasks.shut_down().await;
}

impl Bench {
    async fn engine_queue_is_missing(&self) -> bool {
        use engine::Queues as _;
        self.engine.queue(&engine::QueueKey::new(crate::email::QUEUE)).await.is_err()
    }

    /// The mail behind `seen` others.
    async fn next_mail(&self, seen: usize) -> String {
        loop {
            let entries = std::fs::read_dir(&self.outbox).into_iter().flatten();
            let mut files: Vec<PathBuf> = entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
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

#[tokio::test]
async fn topics_and_subscriptions_are_listed_changed_and_removed() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"DisplayName": "x"})).await;
    assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:t");
    let again = bench.call::<CreateTopic>(json!({"Name": "t", "Attributes": {"DisplayName": "y"}})).await;
    assert_eq!(
        refused(again),
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    );
    assert_eq!(
        refused(bench.call::<CreateTopic>(json!({"Name": "a b"})).await),
        "Invalid parameter: Topic Name"
    );
    let missing = bench.call::<GetTopicAttributes>(json!({"TopicArn": format!("{topic}x")})).await;
    assert_eq!(refused(missing), "Topic does not exist");
    let junk = bench.call::<GetTopicAttributes>(json!({"TopicArn": "junk"})).await;
    assert_eq!(
        refused(junk),
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
    );
    let subscription = bench.subscribe(&topic, "q", json!({})).await;
    assert_eq!(bench.subscribe(&topic, "q", json!({})).await, subscription);
    let other = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}q"), "Attributes": {"RawMessageDelivery": "true"}});
    assert!(
        refused(bench.call::<Subscribe>(other).await)
            .ends_with("Subscription already exists with different attributes")
    );
    let protocol = json!({"TopicArn": topic, "Protocol": "pigeon", "Endpoint": "x"});
    assert_eq!(
        refused(bench.call::<Subscribe>(protocol).await),
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"
    );
    let set = |name: &str, value: &str| json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value});
    bench.call::<SetSubscriptionAttributes>(set("RawMessageDelivery", "true")).await.unwrap();
    assert!(
        refused(bench.call::<SetSubscriptionAttributes>(set("RawMessageDelivery", "maybe")).await)
            .contains("Must be true or false")
    );
    let shown =
        bench.call::<GetSubscriptionAttributes>(json!({"SubscriptionArn": subscription})).await.unwrap();
    assert_eq!(
        (&shown["Attributes"]["RawMessageDelivery"], &shown["Attributes"]["PendingConfirmation"]),
        (&json!("true"), &json!("false"))
    );
    let listed = bench.call::<ListSubscriptionsByTopic>(json!({"TopicArn": topic})).await.unwrap();
    assert_eq!(listed["Subscriptions"][0]["SubscriptionArn"], subscription.as_str());
    assert_eq!(bench.call::<ListTopics>(json!({})).await.unwrap(), json!({"Topics": [{"TopicArn": topic}]}));
    bench.call::<Unsubscribe>(json!({"SubscriptionArn": subscription})).await.unwrap();
    assert_eq!(bench.call::<ListSubscriptions>(json!({})).await.unwrap(), json!({"Subscriptions": []}));
    bench.call::<DeleteTopic>(json!({"TopicArn": topic})).await.unwrap();
    assert_eq!(bench.call::<ListTopics>(json!({})).await.unwrap(), json!({"Topics": []}));
}
