//! A queue's messages invoke a function.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::bench::{Bench, QUEUE, VISIBILITY_SECONDS, answered, eventually, failed};
use crate::execution::InvokeError;

const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

fn bodies(event: &Json) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

async fn bench(mapping: Json) -> (Bench, String) {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let uuid = bench.map(&mapping).await;
    (bench, uuid)
}

#[tokio::test]
async fn messages_invoke_and_are_deleted() {
    let (bench, uuid) = bench(json!({})).await;
    bench.enqueue(&["a", "b", "c"]).await;
    bench.drained(QUEUE).await;
    let mut seen: Vec<String> = bench.executor.events().iter().flat_map(bodies).collect();
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
    let (_, shown) = bench.get(&format!("{MAPPINGS}/{uuid}")).await;
    assert_eq!(
        shown,
        json!({
            "UUID": uuid,
            "EventSourceMappingArn": format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}"),
            "EventSourceArn": QUEUE,
            "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 0,
            "FunctionResponseTypes": [],
            "State": "Enabled",
            "StateTransitionReason": "USER_INITIATED",
            "LastModified": 1_767_225_600.0,
        })
    );
}

#[tokio::test]
async fn batches_are_as_large_as_asked_for() {
    let (bench, _) = bench(json!({"BatchSize": 1})).await;
    bench.enqueue(&["a", "b", "c"]).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.executor.count(), 3);
}

#[tokio::test]
async fn a_window_gathers() {
    let (bench, _) = bench(json!({"BatchSize": 25, "MaximumBatchingWindowInSeconds": 5})).await;
    for number in 0..24 {
        bench.enqueue(&[&number.to_string()]).await;
    }
    let waited = bench.advance_until(async || bench.executor.count() == 1).await;
    assert_eq!(waited, Duration::from_secs(5), "not full, so it waits for the window's end");
    assert_eq!(bodies(&bench.executor.events()[0]).len(), 24);
    for number in 0..25 {
        bench.enqueue(&[&number.to_string()]).await;
    }
    bench.called(2).await;
    assert_eq!(bodies(&bench.executor.events()[1]).len(), 25, "full, so it goes at once");
}

#[tokio::test]
async fn messages_of_a_failed_call_come_back_after_their_visibility_timeout() {
    let (bench, _) = bench(json!({})).await;
    bench.executor.answer(|_| failed("{}"));
    bench.enqueue(&["a"]).await;
    bench.called(1).await;
    let waited = bench.advance_until(async || bench.executor.count() == 2).await;
    assert!(waited >= Duration::from_secs(VISIBILITY_SECONDS.into()), "{waited:?}");
    assert_eq!(bench.counts(QUEUE).await.not_visible, 1, "never lost");
}

#[tokio::test]
async fn listed_failures_come_back_alone() {
    let (bench, _) = bench(json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]})).await;
    bench.executor.answer(|invocation| {
        let event: Json = serde_json::from_slice(&invocation.payload).unwrap();
        let bad = event["Records"].as_array().unwrap().iter().filter(|record| record["body"] == "bad");
        let failures: Vec<_> = bad.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
        answered(&json!({"batchItemFailures": failures}).to_string())
    });
    bench.enqueue(&["good", "bad", "fine"]).await;
    eventually(async || {
        (bench.counts(QUEUE).await.not_visible == 1 && bench.executor.count() > 0).then_some(())
    })
    .await;
    let calls = bench.executor.count();
    bench.advance_until(async || bench.executor.count() > calls).await;
    assert_eq!(bodies(bench.executor.events().last().unwrap()), ["bad"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_the_batch() {
    let (bench, _) = bench(json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]})).await;
    bench.executor.answer(|_| answered("garbage"));
    bench.enqueue(&["a"]).await;
    bench.called(1).await;
    bench.advance_until(async || bench.executor.count() == 2).await;
    assert_eq!(bench.counts(QUEUE).await.not_visible, 1);
}

#[tokio::test]
async fn throttled_batches_wait_for_room() {
    let (bench, _) = bench(json!({})).await;
    bench.executor.answer(|_| Err(InvokeError::Throttled));
    bench.enqueue(&["a"]).await;
    bench.called(1).await;
    bench.advance_until(async || bench.executor.count() == 3).await;
    bench.executor.answer(|_| answered("null"));
    bench.advance_until(async || bench.executor.count() == 4).await;
    bench.drained(QUEUE).await;
}

#[tokio::test]
async fn a_disabled_mapping_leaves_messages_alone() {
    let (bench, uuid) = bench(json!({})).await;
    let mapping = format!("{MAPPINGS}/{uuid}");
    let (status, answer) = bench.put(&mapping, &json!({"Enabled": false})).await;
    assert_eq!((status, &answer["State"]), (202, &json!("Disabling")));
    bench.in_state(&uuid, "Disabled").await;
    bench.enqueue(&["a"]).await;
    assert_eq!((bench.executor.count(), bench.counts(QUEUE).await.visible), (0, 1));
    let (_, answer) = bench.put(&mapping, &json!({"Enabled": true, "BatchSize": 5})).await;
    assert_eq!((&answer["State"], &answer["BatchSize"]), (&json!("Enabling"), &json!(5)));
    bench.drained(QUEUE).await;
}

#[tokio::test]
async fn a_deleted_mapping_is_gone() {
    let (bench, uuid) = bench(json!({})).await;
    let mapping = format!("{MAPPINGS}/{uuid}");
    let (status, answer) = bench.delete(&mapping).await;
    assert_eq!((status, &answer["State"]), (202, &json!("Deleting")));
    eventually(async || (bench.get(&mapping).await.0 == 404).then_some(())).await;
    bench.enqueue(&["a"]).await;
    assert_eq!(bench.counts(QUEUE).await.visible, 1);
    bench.map(&json!({})).await;
    bench.drained(QUEUE).await;
}

#[tokio::test]
async fn mappings_go_on_after_a_restart() {
    let (bench, uuid) = bench(json!({})).await;
    let bench = bench.restart().await;
    bench.enqueue(&["a"]).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.get(&format!("{MAPPINGS}/{uuid}")).await.1["State"], "Enabled");
}

#[tokio::test]
async fn a_queue_has_one_mapping_to_a_function() {
    let (bench, uuid) = bench(json!({})).await;
    let (status, error) = bench.post(MAPPINGS, &json!({"FunctionName": "f", "EventSourceArn": QUEUE})).await;
    assert_eq!(status, 409);
    assert_eq!(
        error["Message"],
        format!(
            "An event source mapping with SQS arn (\" {QUEUE} \") and function (\" f \") already exists. Please update \
             or delete the existing mapping with UUID {uuid}"
        )
    );
    let (_, listed) = bench.get(&format!("{MAPPINGS}?FunctionName=f&EventSourceArn={QUEUE}")).await;
    assert_eq!(listed["EventSourceMappings"][0]["UUID"], uuid);
    let (_, none) = bench.get(&format!("{MAPPINGS}?FunctionName=g")).await;
    assert_eq!(none["EventSourceMappings"], json!([]));
}

#[tokio::test]
async fn queue_and_function_are_looked_at_first() {
    let bench = Bench::new().await;
    bench.create("slow", &json!({"Timeout": 31})).await;
    for (input, status, text) in [
        (json!({"FunctionName": "none", "EventSourceArn": QUEUE}), 404, "Function not found: "),
        (
            json!({"FunctionName": "slow", "EventSourceArn": QUEUE}),
            400,
            "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
        ),
        (
            json!({"FunctionName": "slow", "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:none"}),
            400,
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error \
             Message: The specified queue does not exist.",
        ),
        (
            json!({"FunctionName": "slow", "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}),
            400,
            "not supported",
        ),
        (json!({"FunctionName": "slow"}), 400, "Please provide an event source"),
    ] {
        let (got, error) = bench.post(MAPPINGS, &input).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(text), "{input}: {got} {error}");
    }
}

#[tokio::test]
async fn what_no_call_can_carry_at_once_takes_several() {
    let (bench, _) = bench(json!({})).await;
    let large = "x".repeat(1_000_000);
    bench.enqueue(&[large.as_str(); 8]).await;
    bench.drained(QUEUE).await;
    for (_, invocation) in bench.executor.calls.lock().unwrap().iter() {
        assert!(invocation.payload.len() <= 6_291_456, "{}", invocation.payload.len());
    }
    assert_eq!(bench.executor.events().iter().map(|event| bodies(event).len()).sum::<usize>(), 8);
}

#[tokio::test]
async fn what_was_not_begun_when_the_program_ends_is_there_at_once() {
    let (bench, _) = bench(json!({})).await;
    bench.executor.answer(|_| Err(InvokeError::Throttled));
    bench.enqueue(&["a"]).await;
    bench.called(1).await;
    bench.executor.answer(|_| Err(InvokeError::Stopped));
    let clock = bench.clock.clone();
    let time_passes = async {
        loop {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(1));
        }
    };
    let bench = tokio::select! {
        bench = bench.restart() => bench,
        () = time_passes => unreachable!("time goes on"),
    };
    bench.drained(QUEUE).await;
    assert_eq!(bench.executor.count(), 1);
}

#[tokio::test]
async fn no_more_batches_run_than_may() {
    let (bench, _) = bench(json!({"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 2}})).await;
    bench.executor.hold.send_replace(true);
    bench.enqueue(&["a", "b", "c", "d", "e"]).await;
    bench.called(2).await;
    let waited = bench.advance_until(async || bench.counts(QUEUE).await.not_visible != 2).await;
    assert_eq!(bench.executor.count(), 2, "the others stay in the queue");
    assert!(waited >= Duration::from_secs(VISIBILITY_SECONDS.into()), "until the first run out of time");
    bench.executor.hold.send_replace(false);
    eventually(async || (bench.executor.count() >= 5).then_some(())).await;
}

#[tokio::test]
async fn a_backlog_gets_more_batches_every_second() {
    let (bench, _) = bench(json!({"BatchSize": 1})).await;
    bench.executor.hold.send_replace(true);
    bench.enqueue(&["x"; 20]).await;
    bench.called(5).await;
    let waited = bench.advance_until(async || bench.executor.count() >= 10).await;
    assert_eq!(waited, Duration::from_secs(1));
}

#[tokio::test]
async fn a_backlog_gets_no_more_batches_than_the_processors_have_room_for() {
    let (bench, _) = bench(json!({"BatchSize": 1})).await;
    *bench.executor.room.lock().unwrap() = [0, 0, 2].into();
    bench.executor.hold.send_replace(true);
    bench.enqueue(&["x"; 20]).await;
    bench.called(5).await;
    let waited = bench.advance_until(async || bench.executor.count() >= 7).await;
    assert_eq!((waited, bench.executor.count()), (Duration::from_secs(3), 7));
}

/// A mapping of one message a batch, whose function holds.
async fn on_two_processors() -> Bench {
    let bench = Bench::new().await;
    bench.executor.processors.store(2, Ordering::Relaxed);
    bench.create("f", &json!({})).await;
    bench.map(&json!({"BatchSize": 1})).await;
    bench.executor.hold.send_replace(true);
    bench
}

#[tokio::test]
async fn few_processors_begin_with_fewer_batches_until_they_have_room() {
    let bench = on_two_processors().await;
    *bench.executor.room.lock().unwrap() = [0].into();
    bench.enqueue(&["x"; 20]).await;
    bench.called(2).await;
    bench.clock.advance(Duration::from_millis(100));
    eventually(async || bench.executor.room.lock().unwrap().is_empty().then_some(())).await;
    assert_eq!(bench.executor.count(), 2);
    bench.clock.advance(Duration::from_secs(1));
    bench.called(5).await;
}

#[tokio::test]
async fn the_processors_are_looked_at_anew_after_a_pause() {
    let bench = on_two_processors().await;
    bench.enqueue(&["x"; 3]).await;
    bench.called(2).await;
    bench.executor.hold.send_replace(false);
    bench.drained(QUEUE).await;
    bench.clock.advance(Duration::from_secs(5));

    *bench.executor.room.lock().unwrap() = [0].into();
    bench.executor.hold.send_replace(true);
    bench.enqueue(&["x"; 20]).await;
    bench.called(5).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.executor.room.lock().unwrap().len(), 1, "what went before this backlog tells nothing");
    bench.clock.advance(Duration::from_millis(100));
    eventually(async || bench.executor.room.lock().unwrap().is_empty().then_some(())).await;
    assert_eq!(bench.executor.count(), 5);
}

#[tokio::test]
async fn what_no_filter_lets_through_is_deleted_unprocessed() {
    let pattern = r#"{"body":{"kind":["wanted"]}}"#;
    let (bench, uuid) = bench(json!({"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})).await;
    let (_, shown) = bench.get(&format!("{MAPPINGS}/{uuid}")).await;
    assert_eq!(shown["FilterCriteria"]["Filters"][0]["Pattern"], pattern);
    bench.enqueue(&[r#"{"kind":"other"}"#, r#"{"kind":"wanted"}"#, "text"]).await;
    bench.drained(QUEUE).await;
    assert_eq!(bench.executor.count(), 1);
    assert_eq!(bodies(&bench.executor.events()[0]), [r#"{"kind":"wanted"}"#]);
}

#[tokio::test]
async fn an_alias_is_called_as_one() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.post("/2015-03-31/functions/f/versions", &json!({})).await;
    bench.post("/2015-03-31/functions/f/aliases", &json!({"Name": "live", "FunctionVersion": "1"})).await;
    let input = json!({"FunctionName": "f:live", "EventSourceArn": QUEUE});
    let (status, made) = bench.post(MAPPINGS, &input).await;
    assert_eq!(status, 202);
    assert_eq!(made["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    bench.enqueue(&["a"]).await;
    bench.drained(QUEUE).await;
    let (spec, invocation) = bench.executor.calls.lock().unwrap()[0].clone();
    assert_eq!(spec.version, "1");
    assert_eq!(invocation.invoked_arn.unwrap().as_str(), made["FunctionArn"]);
    let (_, listed) = bench.get(&format!("{MAPPINGS}?FunctionName=f")).await;
    assert_eq!(listed["EventSourceMappings"], json!([]), "it is the alias's");
}

#[tokio::test]
async fn mappings_have_tags() {
    let (bench, uuid) = bench(json!({"Tags": {"a": "1"}})).await;
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}");
    let tags = format!("/2017-03-31/tags/{arn}");
    assert_eq!(bench.post(&tags, &json!({"Tags": {"b": "2"}})).await.0, 204);
    assert_eq!(bench.get(&tags).await.1["Tags"], json!({"a": "1", "b": "2"}));
    assert_eq!(bench.delete(&format!("{tags}?tagKeys=a")).await.0, 204);
    assert_eq!(bench.get(&tags).await.1["Tags"], json!({"b": "2"}));
}
