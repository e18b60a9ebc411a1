//! Delivery status logging: AWS's documents in AWS's log groups.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use service::ports::{LogEvent, LogPort, LogStream, PortError};

use crate::testing::Bench;

/// Keeps what is written, by group.
#[derive(Default)]
pub(crate) struct Logs(pub(crate) Mutex<Vec<(String, Json)>>);

impl LogPort for Logs {
    fn write(&self, stream: Arc<LogStream>, events: Vec<LogEvent>) -> BoxFuture<'_, Result<(), PortError>> {
        let read = |event: LogEvent| (stream.group.clone(), serde_json::from_str(&event.message).unwrap());
        self.0.lock().unwrap().extend(events.into_iter().map(read));
        Box::pin(std::future::ready(Ok(())))
    }

    fn tail(&self, _: LogStream, _: usize) -> BoxFuture<'_, Result<Vec<LogEvent>, PortError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

const GROUP: &str = "sns/us-east-1/000000000000/t";
const ROLE: &str = "arn:aws:iam::000000000000:role/feedback";

async fn logged(attributes: Json) -> (Bench, Vec<(String, Json)>) {
    let (bench, logs) = (Bench::new(), Arc::new(Logs::default()));
    bench.sns.ports.offer_logs(Arc::clone(&logs) as _);
    let topic = bench.topic("t", attributes).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({})).await;
    bench.subscribe(&topic, "missing", json!({})).await;
    bench.publish(&topic, "hi").await;
    let written = logs.0.lock().unwrap().clone();
    (bench, written)
}

#[tokio::test]
async fn successes_and_failures_are_logged_in_groups_of_their_own() {
    let attributes = json!({
        "SQSSuccessFeedbackRoleArn": ROLE, "SQSSuccessFeedbackSampleRate": "100", "SQSFailureFeedbackRoleArn": ROLE,
    });
    let (_bench, written) = logged(attributes).await;
    let groups: Vec<&str> = written.iter().map(|(group, _)| group.as_str()).collect();
    assert_eq!(groups, [GROUP, &format!("{GROUP}/Failure")]);
    let success = &written[0].1;
    assert_eq!(success["status"], "SUCCESS");
    assert_eq!(success["notification"]["messageMD5Sum"], "49f68a5c8493ec2c0bf489821c21fc3b");
    assert_eq!(success["notification"]["topicArn"], "arn:aws:sns:us-east-1:000000000000:t");
    assert_eq!(success["notification"]["timestamp"], "2026-01-01 00:00:00.000");
    let delivery = &success["delivery"];
    assert_eq!(delivery["destination"], "arn:aws:sqs:us-east-1:000000000000:a");
    assert_eq!((&delivery["attempts"], &delivery["statusCode"]), (&json!(1), &json!(200)));
    assert!(delivery["dwellTimeMs"].is_u64() && delivery["deliveryId"].is_string());
    assert!(delivery["providerResponse"].as_str().unwrap().contains("sqsMessageId"));
    let failure = &written[1].1;
    assert_eq!((&failure["status"], &failure["delivery"]["statusCode"]), (&json!("FAILURE"), &json!(404)));
}

#[tokio::test]
async fn nothing_is_logged_without_a_role_and_no_success_at_a_rate_of_zero() {
    assert_eq!(logged(json!({})).await.1, []);
    let attributes = json!({"LambdaSuccessFeedbackRoleArn": ROLE, "LambdaFailureFeedbackRoleArn": ROLE});
    assert_eq!(logged(attributes).await.1, [], "the roles of another protocol");
    let attributes = json!({
        "SQSSuccessFeedbackRoleArn": ROLE, "SQSSuccessFeedbackSampleRate": "0", "SQSFailureFeedbackRoleArn": ROLE,
    });
    let (_bench, written) = logged(attributes).await;
    assert_eq!((written.len(), written[0].1["status"].as_str()), (1, Some("FAILURE")));
}

#[tokio::test]
async fn a_message_arrives_also_where_nobody_keeps_logs() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"SQSSuccessFeedbackRoleArn": ROLE})).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({})).await;
    bench.publish(&topic, "hi").await;
    assert!(bench.arrived("a").await.body.contains("hi"));
}
