//! What topics, subscriptions and messages may be given: AWS's limits and texts.

use serde_json::{Value as Json, json};

use crate::actions::*;
use crate::testing::{Bench, QUEUE, refused};

fn set_topic(topic: &str, name: &str, value: &str) -> Json {
    json!({"TopicArn": topic, "AttributeName": name, "AttributeValue": value})
}

#[tokio::test]
async fn an_attribute_that_nobody_has_is_refused_by_its_name() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let subscription = bench.subscribe(&topic, "q", json!({})).await;
    let set = bench.call::<SetTopicAttributes>(set_topic(&topic, "Colour", "red")).await;
    assert_eq!(refused(set), "Invalid parameter: AttributeName");
    let input = json!({"SubscriptionArn": subscription, "AttributeName": "Colour", "AttributeValue": "red"});
    let set = bench.call::<SetSubscriptionAttributes>(input).await;
    assert_eq!(refused(set), "Invalid parameter: AttributeName");
    let created = bench.call::<CreateTopic>(json!({"Name": "u", "Attributes": {"Colour": "red"}})).await;
    assert_eq!(refused(created), "Invalid parameter: Attributes Reason: Unknown attribute Colour");
    let input = json!({
        "TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}r"), "Attributes": {"Colour": "red"},
    });
    let subscribed = bench.call::<Subscribe>(input).await;
    assert_eq!(refused(subscribed), "Invalid parameter: Attributes Reason: Invalid attribute name: Colour");
}

#[tokio::test]
async fn a_redrive_policy_knows_no_other_member_than_its_target() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let subscription = bench.subscribe(&topic, "q", json!({})).await;
    let policy = json!({"deadLetterTargetArn": format!("{QUEUE}d"), "maxReceiveCount": 5}).to_string();
    let input = json!({
        "SubscriptionArn": subscription, "AttributeName": "RedrivePolicy", "AttributeValue": policy,
    });
    assert_eq!(
        refused(bench.call::<SetSubscriptionAttributes>(input).await),
        "Invalid parameter: RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown."
    );
}

#[tokio::test]
async fn a_filter_policy_scope_is_shown_only_with_a_policy() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let attributes = json!({"FilterPolicyScope": "MessageBody", "FilterPolicy": "{\"k\":[1]}"});
    let subscription = bench.subscribe(&topic, "q", attributes).await;
    let shown = async || {
        let input = json!({"SubscriptionArn": subscription});
        bench.call::<GetSubscriptionAttributes>(input).await.unwrap()["Attributes"]["FilterPolicyScope"]
            .clone()
    };
    assert_eq!(shown().await, "MessageBody");
    let input =
        json!({"SubscriptionArn": subscription, "AttributeName": "FilterPolicy", "AttributeValue": "{}"});
    bench.call::<SetSubscriptionAttributes>(input).await.unwrap();
    assert_eq!(shown().await, Json::Null);
}

#[tokio::test]
async fn messages_beyond_256_kib_need_a_topic_with_queues_and_functions_only() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"MaximumMessageSize": "1048576"})).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({"RawMessageDelivery": "true"})).await;
    let text = "Invalid parameter: MaximumMessageSize Reason: ";
    let mail = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"});
    assert!(refused(bench.call::<Subscribe>(mail).await).starts_with(text));
    bench.publish(&topic, &"x".repeat(1_048_576)).await;
    assert_eq!(bench.arrived("a").await.body.len(), 1_048_576);
    let publish =
        async |message: String| bench.call::<Publish>(json!({"TopicArn": topic, "Message": message})).await;
    assert_eq!(refused(publish("x".repeat(1_048_577)).await), "Invalid parameter: Message too long");

    let small = bench.topic("small", json!({})).await;
    let mail = json!({"TopicArn": small, "Protocol": "sms", "Endpoint": "+15550100"});
    bench.call::<Subscribe>(mail).await.unwrap();
    let set = async |bytes: &str| {
        bench.call::<SetTopicAttributes>(set_topic(&small, "MaximumMessageSize", bytes)).await
    };
    assert!(refused(set("262145").await).starts_with(text));
    set("262144").await.unwrap();
    for wrong in ["1023", "1048577", "many"] {
        assert!(set(wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_topic_for_large_messages_has_at_most_100_subscriptions() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"MaximumMessageSize": "300000"})).await;
    for number in 0..100 {
        bench.subscribe(&topic, &format!("q{number}"), json!({})).await;
    }
    let one_more = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}more")});
    assert!(refused(bench.call::<Subscribe>(one_more).await).contains("100 or fewer"));
}

#[tokio::test]
async fn a_fifo_topic_has_at_most_100_subscriptions() {
    let bench = Bench::new();
    let topic = bench.topic("t.fifo", json!({"FifoTopic": "true"})).await;
    for number in 0..100 {
        bench.subscribe(&topic, &format!("q{number}.fifo"), json!({})).await;
    }
    let one_more = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}more.fifo")});
    let refused = bench.call::<Subscribe>(one_more).await.unwrap_err();
    assert_eq!((refused.row.query_code, refused.row.status), ("SubscriptionLimitExceeded", 403));
    bench.subscribe(&topic, "q7.fifo", json!({})).await;
}

#[tokio::test]
async fn a_batch_may_be_as_long_as_the_topics_messages_and_counts_all_entries() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"MaximumMessageSize": "2048"})).await;
    let batch = async |bytes: [usize; 2]| {
        let entry =
            |(id, bytes): (usize, &usize)| json!({"Id": id.to_string(), "Message": "x".repeat(*bytes)});
        let entries: Vec<Json> = bytes.iter().enumerate().map(entry).collect();
        bench.call::<PublishBatch>(json!({"TopicArn": topic, "PublishBatchRequestEntries": entries})).await
    };
    assert_eq!(batch([1024, 1024]).await.unwrap()["Successful"].as_array().unwrap().len(), 2);
    for too_much in [[1024, 1025], [1, 2049]] {
        let error = batch(too_much).await.unwrap_err();
        assert_eq!(error.row.query_code, "BatchRequestTooLong");
        assert_eq!(error.message, "The length of all the messages put together is more than the limit.");
    }
}

#[tokio::test]
async fn messages_are_published_in_the_region_of_their_topic() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let mut elsewhere = bench.context("test");
    elsewhere.caller.region = aws::Region::parse("eu-west-1").unwrap();
    let input = json!({"TopicArn": topic, "Message": "x"});
    assert_eq!(
        refused(bench.call_in::<Publish>(&elsewhere, input.clone()).await),
        "Invalid parameter: TopicArn"
    );
    bench.call::<Publish>(input).await.unwrap();
}

#[tokio::test]
async fn names_of_message_attributes_follow_aws_rules() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let publish = async |name: &str| {
        let attributes = json!({name: {"DataType": "String", "StringValue": "v"}});
        let input = json!({"TopicArn": topic, "Message": "x", "MessageAttributes": attributes});
        bench.call::<Publish>(input).await
    };
    for wrong in [".a", "a.", "a..b", "AWS.a", "amazon.a", "a b", &"a".repeat(257)] {
        assert_eq!(publish(wrong).await.unwrap_err().row.query_code, "ParameterValueInvalid", "{wrong}");
    }
    for right in ["a.b", "A_b-c.1", &"a".repeat(256)] {
        publish(right).await.unwrap();
    }
}
