//! Replays on the clock that tests set: windows, order, filters, restarts, and what is published meanwhile.

use std::time::Duration;

use engine::Registry as _;
use serde_json::{Value as Json, json};
use service::Tasks;
use service::ports::QueuePort as _;

use crate::actions::*;
use crate::testing::{Bench, QUEUE, refused};

const POLICY: &str = r#"{"MessageRetentionPeriod":"2"}"#;

struct Archived {
    bench: Bench,
    tasks: Tasks,
    topic: String,
}

/// A topic with an archive, whose messages a queue has got already.
async fn archived(messages: &[&str]) -> Archived {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    let attributes =
        json!({"FifoTopic": "true", "ContentBasedDeduplication": "true", "ArchivePolicy": POLICY});
    let topic = bench.topic("t.fifo", attributes).await;
    bench.queue("first.fifo").await;
    bench.subscribe(&topic, "first.fifo", json!({"RawMessageDelivery": "true"})).await;
    let it = Archived { bench, tasks, topic };
    for message in messages {
        it.publish(message).await;
    }
    it.take("first.fifo", messages.len()).await;
    it
}

impl Archived {
    /// A minute after the one before.
    async fn publish(&self, message: &str) -> Json {
        self.bench.clock.advance(Duration::from_mins(1));
        let attributes = json!({"k": {"DataType": "String", "StringValue": message}});
        let input = json!({
            "TopicArn": self.topic, "Message": message, "MessageGroupId": "g", "MessageAttributes": attributes,
        });
        self.bench.call::<Publish>(input).await.unwrap()
    }

    /// Takes so many messages out of a queue and answers their bodies.
    async fn take(&self, queue: &str, count: usize) -> Vec<String> {
        let arn: aws::Arn = format!("{QUEUE}{queue}").parse().unwrap();
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let queues = &self.bench.queues;
            let records = queues.receive(arn.clone(), 10, Duration::from_secs(20)).await.unwrap();
            let handles = records.iter().map(|record| record.receipt_handle.clone()).collect();
            queues.delete(arn.clone(), handles).await.unwrap();
            bodies.extend(records.into_iter().map(|record| record.body.to_string()));
        }
        bodies
    }

    async fn subscribe(&self, queue: &str, replay: Json, attributes: Json) -> String {
        self.bench.queue(queue).await;
        let mut all = json!({"RawMessageDelivery": "true", "ReplayPolicy": replay.to_string()});
        all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        self.bench.subscribe(&self.topic, queue, all).await
    }

    async fn status(&self, subscription: &str) -> Json {
        let input = json!({"SubscriptionArn": subscription});
        let shown = self.bench.call::<GetSubscriptionAttributes>(input).await.unwrap();
        shown["Attributes"]["ReplayStatus"].clone()
    }

    async fn until_status(&self, subscription: &str, status: &str) {
        let mut watch = self.bench.engine.watch(super::record::REPLAYS);
        while self.status(subscription).await != status {
            watch.changed().await;
        }
    }
}

fn from(minute: u32) -> Json {
    json!({"PointType": "Timestamp", "StartingPoint": format!("2026-01-01T00:{minute:02}:00.000Z")})
}

fn between(minute: u32, last: u32) -> Json {
    let mut policy = from(minute);
    policy["EndingPoint"] = json!(format!("2026-01-01T00:{last:02}:00.000Z"));
    policy
}

#[tokio::test]
async fn a_replay_brings_everything_since_its_starting_point_in_order_and_then_what_is_published() {
    let it = archived(&["1", "2", "3", "4"]).await;
    let subscription = it.subscribe("again.fifo", from(2), json!({})).await;
    assert_eq!(it.take("again.fifo", 3).await, ["2", "3", "4"]);
    it.until_status(&subscription, "Completed").await;
    it.publish("5").await;
    assert_eq!(it.take("again.fifo", 1).await, ["5"]);
    assert_eq!(it.take("first.fifo", 1).await, ["5"], "others get nothing twice");
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_replay_with_an_ending_point_brings_what_lies_between_and_nothing_later() {
    let it = archived(&["1", "2", "3", "4"]).await;
    let subscription = it.subscribe("again.fifo", between(2, 3), json!({})).await;
    assert_eq!(it.take("again.fifo", 2).await, ["2", "3"]);
    it.until_status(&subscription, "Completed").await;
    it.publish("5").await;
    it.take("first.fifo", 1).await;
    assert!(it.bench.received("again.fifo").await.is_empty(), "nothing new after an ending point");
    let off = json!({
        "SubscriptionArn": subscription, "AttributeName": "ReplayPolicy", "AttributeValue": "{}",
    });
    it.bench.call::<SetSubscriptionAttributes>(off).await.unwrap();
    assert_eq!(it.status(&subscription).await, Json::Null);
    it.publish("6").await;
    assert_eq!(it.take("again.fifo", 1).await, ["6"], "without the policy it is a subscription as others");
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn an_ending_point_to_come_keeps_the_replay_in_progress() {
    let it = archived(&["1"]).await;
    let subscription = it.subscribe("again.fifo", between(1, 3), json!({})).await;
    assert_eq!(it.take("again.fifo", 1).await, ["1"]);
    it.publish("2").await;
    assert_eq!(it.take("again.fifo", 1).await, ["2"]);
    assert_eq!(it.status(&subscription).await, "In progress");
    it.bench.clock.advance(Duration::from_mins(5));
    it.until_status(&subscription, "Completed").await;
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_replayed_message_is_as_it_was_and_says_so() {
    let it = archived(&[]).await;
    let published = it.publish("1").await;
    it.take("first.fifo", 1).await;
    it.bench.clock.advance(Duration::from_mins(1));
    it.subscribe("again.fifo", from(1), json!({"RawMessageDelivery": "false"})).await;
    let envelope: Json = serde_json::from_str(&it.take("again.fifo", 1).await[0]).unwrap();
    assert_eq!(envelope["Replayed"], true);
    assert_eq!((&envelope["MessageId"], &envelope["Message"]), (&published["MessageId"], &json!("1")));
    assert_eq!(envelope["SequenceNumber"], published["SequenceNumber"]);
    assert_eq!(envelope["Timestamp"], "2026-01-01T00:01:00.000Z");
    it.publish("2").await;
    let envelope: Json = serde_json::from_str(&it.take("again.fifo", 1).await[0]).unwrap();
    assert_eq!((&envelope["Message"], envelope.get("Replayed")), (&json!("2"), None));
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_replay_obeys_the_filter_policy() {
    let it = archived(&["1", "2", "3"]).await;
    let filter = json!({"FilterPolicy": json!({"k": ["1", "3"]}).to_string()});
    it.subscribe("again.fifo", from(1), filter).await;
    assert_eq!(it.take("again.fifo", 2).await, ["1", "3"]);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_replay_goes_on_after_a_restart_where_it_was() {
    let it = archived(&["1", "2", "3"]).await;
    it.tasks.shut_down().await;
    let subscription = it.subscribe("again.fifo", from(1), json!({})).await;
    assert_eq!(it.status(&subscription).await, "Pending");
    it.bench.sns.replay_on(&subscription).await.unwrap();
    assert_eq!(it.status(&subscription).await, "In progress");
    let tasks = Tasks::default();
    crate::start(&it.bench.sns, &tasks);
    assert_eq!(it.take("again.fifo", 3).await, ["1", "2", "3"], "nothing twice, nothing missing");
    it.until_status(&subscription, "Completed").await;
    it.publish("4").await;
    assert_eq!(it.take("again.fifo", 1).await, ["4"]);
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_new_policy_begins_anew() {
    let it = archived(&["1", "2"]).await;
    let subscription = it.subscribe("again.fifo", from(1), json!({})).await;
    assert_eq!(it.take("again.fifo", 2).await, ["1", "2"]);
    let again = json!({
        "SubscriptionArn": subscription, "AttributeName": "ReplayPolicy", "AttributeValue": from(2).to_string(),
    });
    it.bench.call::<SetSubscriptionAttributes>(again).await.unwrap();
    assert_eq!(it.take("again.fifo", 1).await, ["2"]);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn what_is_published_during_a_replay_is_neither_lost_nor_doubled() {
    let messages: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    let it = archived(&[]).await;
    let mut subscription = String::new();
    for (number, message) in messages.iter().enumerate() {
        it.publish(message).await;
        // Handed on before time passes: else its receive would run out while it is.
        it.take("first.fifo", 1).await;
        if number == 20 {
            subscription = it.subscribe("again.fifo", from(1), json!({})).await;
        }
    }
    assert_eq!(it.take("again.fifo", 60).await, messages);
    it.until_status(&subscription, "Completed").await;
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn an_archive_forgets_after_its_retention_period() {
    let it = archived(&["1"]).await;
    it.bench.clock.advance(Duration::from_hours(47));
    it.publish("2").await;
    it.take("first.fifo", 1).await;
    it.bench.clock.advance(Duration::from_hours(2));
    let topic: aws::Arn = it.topic.parse().unwrap();
    let mut watch = it.bench.engine.watch(crate::archive::segment::SEGMENTS);
    while it.bench.sns.segments(&topic, None).await.unwrap().len() > 1 {
        watch.changed().await;
    }
    let shown = it.bench.call::<GetTopicAttributes>(json!({"TopicArn": it.topic})).await.unwrap();
    let beginning = shown["Attributes"]["BeginningArchiveTime"].clone();
    it.subscribe("again.fifo", json!({"PointType": "Timestamp", "StartingPoint": beginning}), json!({}))
        .await;
    assert_eq!(it.take("again.fifo", 1).await, ["2"]);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_replay_without_its_archive_fails_and_messages_come_directly_again() {
    // A smaller archive lies in the record that names it, and cannot be lost without it.
    let it = archived(&[&"1".repeat(2000)]).await;
    it.tasks.shut_down().await;
    let subscription = it.subscribe("again.fifo", from(1), json!({})).await;
    let off = json!({"TopicArn": it.topic, "AttributeName": "ArchivePolicy", "AttributeValue": "{}"});
    let topic: aws::Arn = it.topic.parse().unwrap();
    let segments = it.bench.sns.segments(&topic, None).await.unwrap();
    let segment: crate::archive::segment::SegmentRecord = crate::records::decode(&segments[0].value).unwrap();
    engine::Blobs::delete_blob(&*it.bench.engine, &segment.blob).await.unwrap();
    let tasks = Tasks::default();
    crate::start(&it.bench.sns, &tasks);
    it.until_status(&subscription, "Failed").await;
    it.bench.call::<SetTopicAttributes>(off).await.unwrap();
    it.publish("2").await;
    assert_eq!(it.take("again.fifo", 1).await, ["2"]);
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_replay_policy_is_checked_against_the_archive_and_the_clock() {
    let it = archived(&["1"]).await;
    let endpoint = format!("{QUEUE}again.fifo");
    let subscribe = async |topic: &str, policy: Json| {
        let input = json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": {"ReplayPolicy": policy.to_string()},
        });
        refused(it.bench.call::<Subscribe>(input).await)
    };
    let text = "Invalid parameter: Attributes Reason: ReplayPolicy: ";
    for (policy, reason) in [
        (json!({"StartingPoint": "2026-01-01T00:01:00Z"}), "PointType must be Timestamp"),
        (json!({"PointType": "Timestamp"}), "StartingPoint is missing"),
        (
            json!({"PointType": "Timestamp", "StartingPoint": "yesterday"}),
            "StartingPoint must be a timestamp in ISO 8601 format",
        ),
        (from(59), "StartingPoint must not be in the future"),
        (
            json!({"PointType": "Timestamp", "StartingPoint": "2025-12-31T00:00:00Z"}),
            "StartingPoint must not be earlier than BeginningArchiveTime",
        ),
        (between(1, 1), "EndingPoint must be later than StartingPoint"),
        (json!({"PointType": "Timestamp", "StartAt": 1}), "Attribute StartAt is unknown."),
        (json!("x"), "must be a JSON object"),
    ] {
        assert_eq!(subscribe(&it.topic, policy).await, format!("{text}{reason}"));
    }
    let without = it.bench.topic("u.fifo", json!({"FifoTopic": "true"})).await;
    assert_eq!(subscribe(&without, from(1)).await, format!("{text}the topic has no ArchivePolicy"));
    let standard = it.bench.topic("s", json!({})).await;
    let input = json!({
        "TopicArn": standard, "Protocol": "sqs", "Endpoint": format!("{QUEUE}q"),
        "Attributes": {"ReplayPolicy": from(1).to_string()},
    });
    assert!(refused(it.bench.call::<Subscribe>(input).await).contains("only subscriptions to FIFO topics"));
    it.tasks.shut_down().await;
}
