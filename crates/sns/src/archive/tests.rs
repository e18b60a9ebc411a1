//! What an `ArchivePolicy` may say and what follows from it.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::actions::*;
use crate::testing::{Bench, refused};

fn set(topic: &str, policy: &str) -> Json {
    json!({"TopicArn": topic, "AttributeName": "ArchivePolicy", "AttributeValue": policy})
}

async fn shown(bench: &Bench, topic: &str, name: &str) -> Json {
    bench.call::<GetTopicAttributes>(json!({"TopicArn": topic})).await.unwrap()["Attributes"][name].clone()
}

#[tokio::test]
async fn a_retention_period_lies_between_1_and_365_days() {
    let bench = Bench::new();
    let topic = bench.topic("t.fifo", json!({"FifoTopic": "true"})).await;
    for right in [r#"{"MessageRetentionPeriod":"1"}"#, r#"{"MessageRetentionPeriod":365}"#] {
        bench.call::<SetTopicAttributes>(set(&topic, right)).await.unwrap();
        assert_eq!(shown(&bench, &topic, "ArchivePolicy").await, right);
    }
    for wrong in [
        r#"{"MessageRetentionPeriod":"0"}"#,
        r#"{"MessageRetentionPeriod":"366"}"#,
        r#"{"MessageRetentionPeriod":1.5}"#,
        r#"{"Days":"1"}"#,
        "30",
        "x",
    ] {
        let text = refused(bench.call::<SetTopicAttributes>(set(&topic, wrong)).await);
        assert!(text.starts_with("Invalid parameter: ArchivePolicy: "), "{wrong}: {text}");
    }
}

#[tokio::test]
async fn only_fifo_topics_have_an_archive() {
    let bench = Bench::new();
    let attributes = json!({"ArchivePolicy": r#"{"MessageRetentionPeriod":"1"}"#});
    let created = bench.call::<CreateTopic>(json!({"Name": "t", "Attributes": attributes})).await;
    assert_eq!(refused(created), "Invalid parameter: Attributes Reason: Unknown attribute ArchivePolicy");
}

#[tokio::test]
async fn an_archive_begins_with_its_policy_and_then_follows_the_retention_period() {
    let bench = Bench::new();
    let topic = bench.topic("t.fifo", json!({"FifoTopic": "true"})).await;
    assert_eq!(shown(&bench, &topic, "BeginningArchiveTime").await, Json::Null);
    bench.clock.advance(Duration::from_hours(1));
    bench.call::<SetTopicAttributes>(set(&topic, r#"{"MessageRetentionPeriod":"1"}"#)).await.unwrap();
    bench.clock.advance(Duration::from_hours(23));
    assert_eq!(shown(&bench, &topic, "BeginningArchiveTime").await, "2026-01-01T01:00:00.000Z");
    bench.clock.advance(Duration::from_hours(24));
    assert_eq!(shown(&bench, &topic, "BeginningArchiveTime").await, "2026-01-02T00:00:00.000Z");
    let attributes = json!({"FifoTopic": "true", "ArchivePolicy": r#"{"MessageRetentionPeriod":"1"}"#});
    assert_eq!(bench.topic("t.fifo", attributes).await, topic, "creating it again compares what was given");
}

#[tokio::test]
async fn a_topic_with_an_archive_is_not_deleted_until_the_policy_is_deactivated() {
    let bench = Bench::new();
    let attributes = json!({"FifoTopic": "true", "ArchivePolicy": r#"{"MessageRetentionPeriod":"1"}"#});
    let topic = bench.topic("t.fifo", attributes).await;
    let refused = bench.call::<DeleteTopic>(json!({"TopicArn": topic})).await.unwrap_err();
    assert_eq!(refused.row.query_code, "InvalidState");
    bench.call::<SetTopicAttributes>(set(&topic, "{}")).await.unwrap();
    assert_eq!(shown(&bench, &topic, "ArchivePolicy").await, Json::Null);
    bench.call::<DeleteTopic>(json!({"TopicArn": topic})).await.unwrap();
}
