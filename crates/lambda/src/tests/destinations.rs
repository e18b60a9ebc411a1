//! Where the record of an asynchronous event goes, and loops that end.

use aws::TraceHeader;
use serde_json::{Value as Json, json};
use service::Method;

use super::bench::{Bench, DEAD_LETTERS, answered, eventually, failed};
use crate::recursion::{CALLS_MAX, Lineage};

const CONFIG: &str = "/2019-09-25/functions/f/event-invoke-config";
const INVOKE: &str = "/2015-03-31/functions/f/invocations";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:topic";

async fn send(bench: &Bench, trace: Option<&str>) -> u16 {
    let mut headers = vec![("x-amz-invocation-type", "Event")];
    headers.extend(trace.map(|trace| ("x-amzn-trace-id", trace)));
    bench.send(Method::Post, INVOKE, &headers, r#"{"n":1}"#).await.status.as_u16()
}

async fn letters(bench: &Bench) -> Vec<Json> {
    let queues = bench.lambda.ports.queues().unwrap();
    let target = DEAD_LETTERS.parse().unwrap();
    let letters = queues.receive(target, 10, std::time::Duration::ZERO).await.unwrap();
    letters.iter().map(|letter| serde_json::from_str(&letter.body).unwrap()).collect()
}

#[tokio::test]
async fn a_success_is_recorded_as_aws_does() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let (status, config) =
        bench.put(CONFIG, &json!({"DestinationConfig": {"OnSuccess": {"Destination": TOPIC}}})).await;
    assert_eq!(status, 200);
    assert_eq!(config["DestinationConfig"], json!({"OnSuccess": {"Destination": TOPIC}, "OnFailure": {}}));
    bench.executor.answer(|_| answered(r#"{"ok":true}"#));
    send(&bench, None).await;
    let record = eventually(async || bench.published.lock().unwrap().first().cloned()).await;
    let record: Json = serde_json::from_str(&record).unwrap();
    let request_id = bench.executor.calls.lock().unwrap()[0].1.request_id.to_string();
    assert_eq!(
        record,
        json!({
            "version": "1.0",
            "timestamp": "2026-01-01T00:00:00.000Z",
            "requestContext": {
                "requestId": request_id,
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
                "condition": "Success",
                "approximateInvokeCount": 1,
            },
            "requestPayload": {"n": 1},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "responsePayload": {"ok": true},
        })
    );
}

#[tokio::test]
async fn a_failure_is_recorded_in_its_destination_after_all_attempts() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.put(CONFIG, &json!({"DestinationConfig": {"OnFailure": {"Destination": DEAD_LETTERS}}})).await;
    bench.executor.answer(|_| failed(r#"{"errorMessage":"boom"}"#));
    send(&bench, None).await;
    bench.advance_until(async || bench.counts(DEAD_LETTERS).await.visible == 1).await;
    let record = &letters(&bench).await[0]["body"];
    let record: Json = serde_json::from_str(record.as_str().unwrap()).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"], json!({"errorMessage": "boom"}));
}

#[tokio::test]
async fn functions_and_buckets_are_destinations_too() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.create("g", &json!({})).await;
    let g = "arn:aws:lambda:us-east-1:000000000000:function:g";
    let config = json!({"MaximumRetryAttempts": 0, "DestinationConfig": {
        "OnSuccess": {"Destination": g}, "OnFailure": {"Destination": "arn:aws:s3:::bucket"}}});
    assert_eq!(bench.put(CONFIG, &config).await.0, 200);
    send(&bench, None).await;
    bench.called(2).await;
    assert_eq!(bench.executor.events()[1]["requestPayload"], json!({"n": 1}));
    bench.executor.answer(|_| failed("{}"));
    send(&bench, None).await;
    let (bucket, key, _) = eventually(async || bench.written.lock().unwrap().first().cloned()).await;
    assert_eq!(bucket, "bucket");
    let expected = "aws/lambda/async/f/2026/01/01/2026-01-01T00.00.00-";
    assert!(key.starts_with(expected) && key.len() == expected.len() + 36, "{key}");
}

#[tokio::test]
async fn what_cannot_be_a_destination_is_refused() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    for (side, destination, text) in [
        ("OnSuccess", "arn:aws:s3:::bucket", "on-failure destination only"),
        ("OnFailure", "arn:aws:sqs:us-east-1:000000000000:q.fifo", "FIFO"),
        ("OnFailure", "arn:aws:events:us-east-1:000000000000:event-bus/default", "not supported"),
        ("OnFailure", "q", "is invalid"),
    ] {
        let config = json!({"DestinationConfig": {side: {"Destination": destination}}});
        let (status, error) = bench.put(CONFIG, &config).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(text), "{destination}: {error}");
    }
}

#[tokio::test]
async fn attempts_are_counted_across_restarts() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"DeadLetterConfig": {"TargetArn": DEAD_LETTERS}})).await;
    bench.executor.answer(|_| failed("1"));
    send(&bench, None).await;
    bench.called(1).await;
    bench.advance_until(async || bench.executor.count() == 2).await;
    let noted = async |bench: &Bench| bench.lambda.all_records(crate::records::ATTEMPTS).await.unwrap();
    eventually(async || (!noted(&bench).await.is_empty()).then_some(())).await;
    let bench = bench.restart().await;
    bench.executor.answer(|_| failed("1"));
    bench.advance_until(async || bench.counts(DEAD_LETTERS).await.visible == 1).await;
    assert_eq!(bench.executor.count(), 1, "the third and last attempt");
    eventually(async || noted(&bench).await.is_empty().then_some(())).await;
}

/// A trace that has gone through `f` so often.
fn trace_after(calls: u32) -> String {
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f".parse().unwrap();
    let mut trace = TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Sampled=1").unwrap();
    for _ in 0..calls {
        trace = Lineage::of(Some(&trace)).call(&arn, &trace);
    }
    trace.to_string()
}

#[tokio::test]
async fn a_recursive_loop_ends_after_sixteen_calls() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"DeadLetterConfig": {"TargetArn": DEAD_LETTERS}})).await;
    assert_eq!(send(&bench, Some(&trace_after(CALLS_MAX - 1))).await, 202);
    bench.called(1).await;
    let seen = bench.executor.calls.lock().unwrap()[0].1.trace.clone();
    let lineage = |trace: &TraceHeader| trace.lineage().unwrap().to_owned();
    let expected = TraceHeader::parse(&trace_after(CALLS_MAX)).unwrap();
    assert_eq!(lineage(&seen.unwrap()), lineage(&expected), "the function hands its own call on");
    send(&bench, Some(&trace_after(CALLS_MAX))).await;
    eventually(async || (bench.counts(DEAD_LETTERS).await.visible == 1).then_some(())).await;
    assert_eq!(bench.executor.count(), 1);
    let trace = trace_after(CALLS_MAX);
    let headers = [("x-amzn-trace-id", trace.as_str())];
    let refused = bench.send(Method::Post, INVOKE, &headers, "1").await;
    assert_eq!(refused.headers["x-amzn-errortype"], "RecursiveInvocationException");
    bench.put("/2024-08-31/functions/f/recursion-config", &json!({"RecursiveLoop": "Allow"})).await;
    assert_eq!(bench.send(Method::Post, INVOKE, &headers, "1").await.status, 200);
}
