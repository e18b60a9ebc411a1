//! Duplicates, scopes, order and restarts, on the clock that tests set.

use std::time::Duration;

use serde_json::{Value as Json, json};
use service::Tasks;

use crate::actions::*;
use crate::testing::Bench;

const BY_CONTENT: &str = "ContentBasedDeduplication";

struct Started {
    bench: Bench,
    tasks: Tasks,
    topic: String,
}

/// A FIFO topic with a standard queue, which drops nothing by itself, and a FIFO queue.
async fn start(attributes: Json) -> Started {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    let mut all = json!({"FifoTopic": "true"});
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    let topic = bench.topic("t.fifo", all).await;
    for queue in ["all", "q.fifo"] {
        bench.queue(queue).await;
        bench.subscribe(&topic, queue, json!({"RawMessageDelivery": "true"})).await;
    }
    Started { bench, tasks, topic }
}

impl Started {
    async fn publish(&self, message: &str, group: &str, id: Option<&str>) -> Json {
        let mut input = json!({"TopicArn": self.topic, "Message": message, "MessageGroupId": group});
        if let Some(id) = id {
            input["MessageDeduplicationId"] = json!(id);
        }
        self.bench.call::<Publish>(input).await.unwrap()
    }

    /// The next bodies of a queue.
    async fn bodies(&self, queue: &str, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            bodies.push(self.bench.arrived(queue).await.body.to_string());
        }
        bodies
    }
}

#[tokio::test]
async fn a_topic_drops_duplicates_for_five_minutes_whoever_subscribes() {
    let it = start(json!({BY_CONTENT: "true"})).await;
    let first = it.publish("same", "g", None).await;
    assert_eq!(it.publish("same", "g", None).await["MessageId"], first["MessageId"]);
    assert_eq!(it.publish("same", "h", None).await["MessageId"], first["MessageId"], "in the whole topic");
    it.publish("same", "g", Some("another-id")).await;
    it.publish("end", "g", None).await;
    let mut bodies = it.bodies("all", 3).await;
    bodies.sort();
    assert_eq!(bodies, ["end", "same", "same"]);
    it.bench.clock.advance(Duration::from_mins(5));
    let later = it.publish("same", "g", None).await;
    assert_ne!(later["MessageId"], first["MessageId"]);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn the_scope_may_be_the_message_group_and_may_change() {
    let it = start(json!({BY_CONTENT: "true", "FifoThroughputScope": "MessageGroup"})).await;
    for group in ["g", "h", "g"] {
        it.publish("same", group, None).await;
    }
    it.publish("end", "g", None).await;
    let mut bodies = it.bodies("all", 3).await;
    bodies.sort();
    assert_eq!(bodies, ["end", "same", "same"], "once in each group");
    let set =
        json!({"TopicArn": it.topic, "AttributeName": "FifoThroughputScope", "AttributeValue": "Topic"});
    it.bench.call::<SetTopicAttributes>(set).await.unwrap();
    let first = it.publish("x", "g", None).await;
    assert_eq!(it.publish("x", "h", None).await["MessageId"], first["MessageId"]);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn a_group_arrives_in_order_with_growing_numbers_and_its_attributes() {
    let it = start(json!({})).await;
    let mut numbers = Vec::new();
    for number in 0..20 {
        let answer = it.publish(&number.to_string(), "g", Some(&format!("id{number}"))).await;
        numbers.push(answer["SequenceNumber"].as_str().unwrap().to_owned());
    }
    assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 20), "{numbers:?}");
    let mut bodies = Vec::new();
    while bodies.len() < 20 {
        let arn = "arn:aws:sqs:us-east-1:000000000000:q.fifo".parse().unwrap();
        let received =
            service::ports::QueuePort::receive(&*it.bench.queues, arn, 10, Duration::from_secs(20));
        let received = received.await.unwrap();
        let handles = received.iter().map(|record| record.receipt_handle.clone()).collect();
        bodies.extend(received.into_iter().map(|record| record.body));
        let arn = "arn:aws:sqs:us-east-1:000000000000:q.fifo".parse().unwrap();
        service::ports::QueuePort::delete(&*it.bench.queues, arn, handles).await.unwrap();
    }
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(bodies, expected);
    it.tasks.shut_down().await;
}

#[tokio::test]
async fn what_waits_in_a_topic_outlives_a_restart_and_goes_with_the_topic() {
    let it = start(json!({BY_CONTENT: "true"})).await;
    it.tasks.shut_down().await;
    let attributes = json!({"k": {"DataType": "Binary", "BinaryValue": "AQI="}});
    let input = json!({
        "TopicArn": it.topic, "Message": "kept", "MessageGroupId": "g", "MessageAttributes": attributes,
    });
    it.bench.call::<Publish>(input).await.unwrap();
    assert!(it.bench.received("all").await.is_empty());
    let tasks = Tasks::default();
    crate::start(&it.bench.sns, &tasks);
    let record = it.bench.arrived("q.fifo").await;
    assert_eq!((&*record.body, record.message_attributes.len()), ("kept", 1));
    assert_eq!(it.bodies("all", 1).await, ["kept"]);
    it.bench.call::<DeleteTopic>(json!({"TopicArn": it.topic})).await.unwrap();
    let attributes = json!({"FifoTopic": "true", BY_CONTENT: "true"});
    assert_eq!(it.bench.topic("t.fifo", attributes).await, it.topic);
    it.bench.subscribe(&it.topic, "all", json!({"RawMessageDelivery": "true"})).await;
    it.publish("kept", "g", None).await;
    assert_eq!(it.bodies("all", 1).await, ["kept"], "a new topic knows nothing of the old one");
    tasks.shut_down().await;
}
