//! Events that a target does not take: tried again by the target's retry policy, then left to its dead-letter queue.

use service::ports::{MessageAttributeValue, QueueFacts, QueueMessage, QueuePort, QueueRecord};

use super::*;

/// Dead letters go into the one queue, as their attributes.
pub(super) struct DeadLetters;

const NOT_HERE: PortError = PortError::NotServed("sqs");

impl QueuePort for DeadLetters {
    fn prepare(&self, queue: Arn, message: QueueMessage) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        let text = |value: &MessageAttributeValue| match value {
            MessageAttributeValue::Text(text) => json!(text),
            MessageAttributeValue::Binary(_) => Json::Null,
        };
        let attributes =
            message.attributes.iter().map(|(name, attribute)| (name.clone(), text(&attribute.value)));
        let attributes: serde_json::Map<String, Json> = attributes.collect();
        let content = json!({"event": Json::from(attributes).to_string(), "by": queue.to_string()});
        Box::pin(std::future::ready(Ok(enqueue(&content))))
    }

    fn facts(&self, _: Arn) -> BoxFuture<'_, Result<QueueFacts, PortError>> {
        Box::pin(std::future::ready(Err(NOT_HERE)))
    }

    fn open(&self, _: &Bytes) -> Result<QueueMessage, PortError> {
        Err(NOT_HERE)
    }

    fn receive(&self, _: Arn, _: u32, _: Duration) -> BoxFuture<'_, Result<Vec<QueueRecord>, PortError>> {
        Box::pin(std::future::ready(Err(NOT_HERE)))
    }

    fn delete(&self, _: Arn, _: Vec<String>) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(std::future::ready(Err(NOT_HERE)))
    }

    fn return_in(&self, _: Arn, _: Vec<String>, _: u32) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(std::future::ready(Err(NOT_HERE)))
    }
}

const LETTERS: &str = "arn:aws:sqs:us-east-1:000000000000:letters";

impl Bench {
    /// The function fails so often from now on.
    fn fails(&self, times: u32) {
        self.functions.0.store(times, Ordering::Relaxed);
    }

    /// Waits until one event waits for its next attempt, so many having failed.
    async fn waits_after(&self, attempts: u32) {
        let waits = async {
            loop {
                let records =
                    engine::Registry::list(&*self.engine, "schedules/retry/", None, 10).await.unwrap();
                let read = |value: &Bytes| serde_json::from_slice::<Json>(value).unwrap()["attempts"].clone();
                if records.iter().map(|record| read(&record.value)).eq([json!(attempts)]) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waits).await.expect("it waits for another attempt");
    }

    /// The attributes of the dead letter that has come.
    async fn dead_letter(&self) -> Json {
        let (attributes, queue) = self.one_event().await;
        assert_eq!(queue, LETTERS);
        serde_json::from_str(&attributes).unwrap()
    }
}

#[tokio::test]
async fn an_event_is_delivered_later_also_by_another_server_and_knows_its_attempt() {
    let bench = Bench::new().await;
    bench.fails(2);
    let target = json!({"Arn": FUNCTION, "RoleArn": "r", "Input": "<aws.scheduler.attempt-number>"});
    bench.schedule(json!({"ScheduleExpression": "at(2026-01-01T01:00:00)", "Target": target})).await.unwrap();
    bench.advance(60);
    bench.waits_after(1).await;
    bench.clock.advance(Duration::from_secs(1));
    bench.waits_after(2).await;
    let bench = bench.restart_after(Duration::from_secs(2)).await;
    assert_eq!(bench.one_event().await.0, "3");
}

#[tokio::test]
async fn an_event_whose_attempts_are_used_up_becomes_a_dead_letter() {
    let bench = Bench::new().await;
    bench.fails(2);
    let policy = json!({"RetryPolicy": {"MaximumRetryAttempts": 1}, "DeadLetterConfig": {"Arn": LETTERS}});
    bench.rule("cron(0 1 * * ? *)", policy).await;
    bench.advance(60);
    bench.waits_after(1).await;
    bench.clock.advance(Duration::from_secs(1));
    let letter = bench.dead_letter().await;
    assert_eq!(
        letter,
        json!({
            "RULE_ARN": "arn:aws:events:us-east-1:000000000000:rule/tick", "TARGET_ARN": FUNCTION,
            "ERROR_CODE": "INTERNAL_ERROR", "ERROR_MESSAGE": "not now", "RETRY_ATTEMPTS": "1",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        })
    );
}

#[tokio::test]
async fn an_event_that_is_older_than_its_target_wants_it_becomes_a_dead_letter() {
    let bench = Bench::new().await;
    let target = json!({
        "Arn": FUNCTION, "RoleArn": "r", "RetryPolicy": {"MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": LETTERS},
    });
    bench.schedule(json!({"ScheduleExpression": "at(2026-01-01T01:00:00)", "Target": target})).await.unwrap();
    bench.is_due("schedule", bench.in_minutes(60)).await;
    // The server was down when it was due.
    let bench = bench.restart_after(Duration::from_mins(62)).await;
    let letter = bench.dead_letter().await;
    assert_eq!(letter["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
    assert_eq!(
        (&letter["RETRY_ATTEMPTS"], &letter["SCHEDULED_TIME"]),
        (&json!("0"), &json!("2026-01-01T01:00:00Z"))
    );
    assert_eq!(letter["SCHEDULE_ARN"], "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tock");
}

#[tokio::test]
async fn what_cannot_work_is_not_tried_again() {
    let bench = Bench::new().await;
    let none = "arn:aws:lambda:us-east-1:000000000000:function:none";
    bench.rule("cron(0 1 * * ? *)", json!({"Arn": none, "DeadLetterConfig": {"Arn": LETTERS}})).await;
    bench.advance(60);
    let letter = bench.dead_letter().await;
    assert_eq!((&letter["ERROR_CODE"], &letter["RETRY_ATTEMPTS"]), (&json!("NO_RESOURCE"), &json!("0")));
    assert_eq!(letter.get("EXHAUSTED_RETRY_CONDITION"), None);
}
