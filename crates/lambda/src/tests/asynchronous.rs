//! Events that nobody waits for: stored, retried, given up.

use std::time::Duration;

use engine::Clock as _;
use serde_json::json;
use service::Method;
use service::ports::{FunctionEvent, FunctionPort as _, PortError, Sender};

use super::bench::{Bench, DEAD_LETTERS, answered, failed};
use crate::Functions;
use crate::execution::InvokeError;
use crate::records::FunctionRecord;

const INVOKE: &str = "/2015-03-31/functions/f/invocations";

async fn send(bench: &Bench, event: &str) {
    let reply =
        bench.send(Method::Post, INVOKE, &[("x-amz-invocation-type", "Event")], event.to_owned()).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (202, 0));
}

async fn record(bench: &Bench) -> FunctionRecord {
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f".parse().unwrap();
    bench.lambda.find_function(&arn).await.unwrap().unwrap().record
}

async fn drained(bench: &Bench) {
    bench.drained(record(bench).await.event_queue().as_str()).await;
}

#[tokio::test]
async fn an_event_is_accepted_and_then_processed() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    send(&bench, r#"{"n":1}"#).await;
    bench.called(1).await;
    drained(&bench).await;
    assert_eq!(bench.executor.events(), [json!({"n": 1})]);
}

#[tokio::test]
async fn a_failed_event_is_tried_twice_more_and_buried() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"DeadLetterConfig": {"TargetArn": DEAD_LETTERS}})).await;
    bench.executor.answer(|_| failed(r#"{"errorMessage":"boom"}"#));
    send(&bench, r#"{"n":1}"#).await;
    bench.called(1).await;
    let first = bench.advance_until(async || bench.executor.count() == 2).await;
    let second = bench.advance_until(async || bench.executor.count() == 3).await;
    let seconds = Duration::from_secs;
    assert!((seconds(60)..seconds(70)).contains(&first), "{first:?}");
    assert!((seconds(120)..seconds(130)).contains(&second), "{second:?}");
    drained(&bench).await;
    let ids: Vec<_> =
        bench.executor.calls.lock().unwrap().iter().map(|(_, invocation)| invocation.request_id).collect();
    assert_eq!(ids, [ids[0]; 3], "one request id for all attempts");

    let queues = bench.lambda.ports.queues().unwrap();
    let letters = queues.receive(DEAD_LETTERS.parse().unwrap(), 10, Duration::ZERO).await.unwrap();
    let letter: serde_json::Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letter["body"], r#"{"n":1}"#);
    let attributes = &letter["attributes"];
    assert_eq!(attributes["ErrorCode"], r#"Text("200")"#);
    assert_eq!(attributes["ErrorMessage"], r#"Text("{\"errorMessage\":\"boom\"}")"#);
    assert_eq!(attributes["RequestID"], format!("Text(\"{}\")", ids[0]));
}

#[tokio::test]
async fn throttling_counts_as_no_attempt() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.put("/2019-09-25/functions/f/event-invoke-config", &json!({"MaximumRetryAttempts": 0})).await;
    bench.executor.answer(|_| Err(InvokeError::Throttled));
    send(&bench, "1").await;
    bench.called(1).await;
    bench.advance_until(async || bench.executor.count() == 4).await;
    bench.executor.answer(|_| answered("null"));
    bench.advance_until(async || bench.executor.count() == 5).await;
    drained(&bench).await;
}

#[tokio::test]
async fn events_wait_for_a_restart() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.executor.answer(|_| failed("1"));
    send(&bench, r#"{"n":1}"#).await;
    bench.called(1).await;
    let bench = bench.restart().await;
    bench.advance_until(async || bench.executor.count() == 1).await;
    drained(&bench).await;
}

#[tokio::test]
async fn a_deleted_function_takes_its_events_along() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let old = record(&bench).await;
    bench.delete("/2015-03-31/functions/f").await;
    let queue = engine::Queues::queue(&*bench.engine, &old.event_queue()).await;
    assert!(matches!(queue, Err(engine::Error::Refused(engine::Refusal::NoSuchQueue(_)))));
    bench.create("f", &json!({})).await;
    assert_ne!(old.event_queue(), record(&bench).await.event_queue());
    send(&bench, "1").await;
    bench.called(1).await;
}

#[tokio::test]
async fn other_services_invoke_in_their_own_commit() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let port = Functions(bench.lambda.clone());
    let own = || Sender::Account("000000000000".to_owned());
    let event = |payload: String| FunctionEvent { payload: payload.into(), trace: None, sender: own() };
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST".parse().unwrap();
    let enqueue = port.prepare(arn, event("{\"from\":\"sns\"}".to_owned())).await.unwrap();
    assert_eq!(bench.executor.count(), 0, "nothing happens before the commit");
    let commit = engine::Commit { home: None, enqueue: vec![enqueue] };
    engine::Queues::commit(&*bench.engine, commit).await.unwrap();
    bench.called(1).await;
    assert_eq!(bench.executor.events(), [json!({"from": "sns"})]);

    let none: aws::Arn = "arn:aws:lambda:us-east-1:000000000000:function:none".parse().unwrap();
    assert!(matches!(port.exists(none).await, Err(PortError::NotFound(_))));
    let f = "arn:aws:lambda:us-east-1:000000000000:function:f".parse().unwrap();
    let large = port.prepare(f, event("x".repeat(1_048_577))).await;
    assert!(matches!(large, Err(PortError::Refused(_))));
}

#[tokio::test]
async fn an_event_that_runs_long_is_not_run_twice() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"Timeout": 900})).await;
    bench.executor.hold.send_replace(true);
    send(&bench, "1").await;
    bench.called(1).await;
    let until = bench.clock.now().plus_seconds(300);
    bench.advance_until(async || bench.clock.now() >= until).await;
    assert_eq!(bench.executor.count(), 1);
    bench.executor.hold.send_replace(false);
    drained(&bench).await;
    assert_eq!(bench.executor.count(), 1);
}

#[tokio::test]
async fn a_burst_of_events_is_processed_whole() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    for number in 0..200 {
        send(&bench, &number.to_string()).await;
    }
    drained(&bench).await;
    let mut seen: Vec<u64> = bench.executor.events().iter().filter_map(serde_json::Value::as_u64).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
}
