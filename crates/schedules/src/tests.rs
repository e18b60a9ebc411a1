//! Rules and schedules over an engine in memory, time set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws::{AccountId, Arn, Region, RequestId};
use bytes::Bytes;
use engine::{
    Clock as _, Engine, Enqueue, MessageId, NewMessage, QueueKey, QueueKind, QueueSettings, Queues as _,
    Receive, Settle, Settlement,
};
use futures_util::future::BoxFuture;
use local::Local;
use serde_json::{Value as Json, json};
use service::ports::{FunctionEvent, FunctionPort, PortError, Sender};
use service::{Caller, Context, Endpoint, Ids as _, Ports, RandomIds, Service, Tasks};
use testkit::SimulatedClock;

use crate::Schedules;

mod retries;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const QUEUE: &str = "lambda/async/f";

/// Hands events on into one queue, as they are, but fails so often at first.
struct Functions(AtomicU32);

impl FunctionPort for Functions {
    fn prepare(&self, function: Arn, event: FunctionEvent) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        Box::pin(async move {
            if self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(PortError::Failed("not now".to_owned()));
            }
            if function.as_str() != FUNCTION {
                return Err(PortError::NotFound(function.to_string()));
            }
            let content =
                json!({"event": String::from_utf8_lossy(&event.payload), "by": event.sender.to_string()});
            Ok(enqueue(&content))
        })
    }

    fn exists(&self, _: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }

    fn admits(&self, _: Arn, _: Sender) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }

    fn queues_of(&self, _: Arn) -> BoxFuture<'_, Result<Vec<Arn>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn enqueue(content: &Json) -> Enqueue {
    let message = NewMessage {
        id: MessageId(RandomIds.uuid().as_u128()),
        content: content.to_string().into(),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    };
    Enqueue { queue: QueueKey::new(QUEUE), message }
}

struct Bench {
    engine: Arc<Local>,
    clock: SimulatedClock,
    services: [Service; 2],
    tasks: Tasks,
    functions: Arc<Functions>,
    folder: Arc<tempfile::TempDir>,
}

impl Bench {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let settings = local::Settings {
            folder: folder.path().join("engine"),
            durability: local::Durability::Memory,
            partitions: 1,
            history: None,
        };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let settings = QueueSettings {
            kind: QueueKind::Standard,
            delay_seconds: 0,
            retention_seconds: 345_600,
            visibility_timeout_seconds: 30,
            dead_letter: None,
            in_flight_max: 120_000,
        };
        engine.create_queue(QueueKey::new(QUEUE), settings, Bytes::new()).await.unwrap();
        Self::over(engine, clock, Arc::new(folder))
    }

    fn over(engine: Arc<Local>, clock: SimulatedClock, folder: Arc<tempfile::TempDir>) -> Self {
        let (ports, functions) = (Ports::default(), Arc::new(Functions(AtomicU32::new(0))));
        ports.offer_functions(Arc::clone(&functions) as _);
        ports.offer_queues(Arc::new(retries::DeadLetters));
        let state = Schedules::new(
            Arc::clone(&engine) as Arc<dyn Engine>,
            Arc::new(RandomIds),
            Arc::new(clock.clone()),
            ports,
        );
        let tasks = Tasks::default();
        crate::start(&state, &tasks);
        let services = [crate::rules_service(&state), crate::schedules_service(&state)];
        Self { engine, clock, services, tasks, functions, folder }
    }

    /// Ends the services, lets time pass, and starts them anew over the same engine.
    async fn restart_after(self, pause: Duration) -> Self {
        self.tasks.shut_down().await;
        self.clock.advance(pause);
        Self::over(self.engine, self.clock, self.folder)
    }

    async fn ask(&self, action: &str, input: Json) -> Result<Json, String> {
        let actions = self.services.iter().flat_map(|service| &service.actions);
        let action = actions.into_iter().find(|row| row.name == action).expect("such an action");
        let context = Context {
            request_id: RequestId(RandomIds.uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::parse("us-east-1").unwrap(),
                access_key_id: "test".to_owned(),
            },
            endpoint: Endpoint::default(),
            trace: None,
            source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let answer = action.ask(context, &input).await;
        answer.map_err(|error| format!("{}: {}", error.row.shape, error.message))
    }

    /// A rule `tick` that invokes the function.
    async fn rule(&self, expression: &str, target: Json) {
        let answer = self.ask("PutRule", json!({"Name": "tick", "ScheduleExpression": expression})).await;
        assert_eq!(answer.unwrap()["RuleArn"], "arn:aws:events:us-east-1:000000000000:rule/tick");
        let mut given = json!({"Id": "one", "Arn": FUNCTION});
        given.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        self.ask("PutTargets", json!({"Rule": "tick", "Targets": [given]})).await.unwrap();
    }

    async fn schedule(&self, more: Json) -> Result<Json, String> {
        let mut input = json!({
            "Name": "tock",
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": FUNCTION, "RoleArn": "arn:aws:iam::000000000000:role/r"},
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("CreateSchedule", input).await
    }

    /// The next event, who it came from, and that no other came with it.
    async fn one_event(&self) -> (String, String) {
        let key = QueueKey::new(QUEUE);
        let wait = Duration::from_secs(20);
        let receive = Receive {
            queue: key.clone(),
            max_messages: 10,
            visibility_timeout_seconds: None,
            wait,
            attempt_id: None,
        };
        let got = self.engine.receive(receive).await.unwrap();
        assert_eq!(got.len(), 1, "one event");
        let settle = Settlement { receipt_handle: got[0].receipt_handle.clone(), settle: Settle::Delete };
        self.engine.settle(key, vec![settle]).await.unwrap();
        let content: Json = serde_json::from_slice(&got[0].content).unwrap();
        (content["event"].as_str().unwrap().to_owned(), content["by"].as_str().unwrap().to_owned())
    }

    /// Waits until the record of a rule or schedule has moved on to that moment, so that time may pass.
    async fn is_due(&self, kind: &str, next: Option<u64>) {
        let prefix = format!("schedules/{kind}/");
        let moved = async {
            loop {
                let records = engine::Registry::list(&*self.engine, &prefix, None, 10).await.unwrap();
                let found =
                    records.first().map(|record| serde_json::from_slice::<Json>(&record.value).unwrap());
                if found.is_some_and(|record| record["timing"]["next"] == json!(next)) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), moved).await.expect("it moves on");
    }

    fn advance(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }

    #[allow(clippy::unnecessary_wraps, reason = "as it is compared")]
    fn in_minutes(&self, minutes: u64) -> Option<u64> {
        Some(self.clock.now().0 + minutes * 60_000)
    }
}

#[tokio::test]
async fn a_rule_sends_the_scheduled_event_each_time() {
    let bench = Bench::new().await;
    bench.rule("rate(5 minutes)", json!({})).await;
    for time in ["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"] {
        bench.is_due("rule", bench.in_minutes(5)).await;
        bench.advance(5);
        let (event, by) = bench.one_event().await;
        let mut event: Json = serde_json::from_str(&event).unwrap();
        assert!(event["id"].take().as_str().is_some_and(|id| id.len() == 36));
        assert_eq!(
            event,
            json!({
                "version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.events",
                "account": "000000000000", "time": time, "region": "us-east-1",
                "resources": ["arn:aws:events:us-east-1:000000000000:rule/tick"], "detail": {},
            })
        );
        assert_eq!(
            by,
            "events.amazonaws.com with aws:SourceArn arn:aws:events:us-east-1:000000000000:rule/tick"
        );
    }
}

#[tokio::test]
async fn an_input_replaces_the_event_and_a_path_takes_a_part_of_it() {
    let bench = Bench::new().await;
    bench.rule("cron(0 1 * * ? *)", json!({"Input": "{\"a\":1}"})).await;
    bench.advance(60);
    assert_eq!(bench.one_event().await.0, "{\"a\":1}");
    bench.is_due("rule", bench.in_minutes(24 * 60)).await;
    bench.rule("cron(0 1 * * ? *)", json!({"InputPath": "$.detail-type"})).await;
    bench.advance(24 * 60);
    assert_eq!(bench.one_event().await.0, "\"Scheduled Event\"");
}

#[tokio::test]
async fn what_came_due_while_nobody_was_there_is_made_up_for_once() {
    let bench = Bench::new().await;
    bench.rule("rate(5 minutes)", json!({})).await;
    bench.is_due("rule", bench.in_minutes(5)).await;
    let bench = bench.restart_after(Duration::from_mins(61)).await;
    let (event, _) = bench.one_event().await;
    assert!(event.contains("\"time\":\"2026-01-01T00:05:00Z\""), "the first that was missed: {event}");
    bench.is_due("rule", bench.in_minutes(4)).await;
    bench.advance(4);
    assert!(bench.one_event().await.0.contains("\"time\":\"2026-01-01T01:05:00Z\""));
}

#[tokio::test]
async fn a_disabled_rule_waits_until_it_is_enabled() {
    let bench = Bench::new().await;
    bench.rule("rate(5 minutes)", json!({})).await;
    bench.ask("DisableRule", json!({"Name": "tick"})).await.unwrap();
    bench.is_due("rule", None).await;
    let shown = bench.ask("DescribeRule", json!({"Name": "tick"})).await.unwrap();
    assert_eq!(
        (&shown["State"], &shown["ScheduleExpression"]),
        (&json!("DISABLED"), &json!("rate(5 minutes)"))
    );
    bench.advance(60);
    bench.ask("EnableRule", json!({"Name": "tick"})).await.unwrap();
    bench.is_due("rule", bench.in_minutes(5)).await;
    bench.advance(5);
    assert!(bench.one_event().await.0.contains("T01:05:00Z"));
}

#[tokio::test]
async fn a_rule_that_is_put_again_runs_on() {
    let bench = Bench::new().await;
    bench.rule("rate(5 minutes)", json!({})).await;
    let due = bench.in_minutes(5);
    bench.advance(2);
    bench.rule("rate(5 minutes)", json!({})).await;
    bench.is_due("rule", due).await;
}

#[tokio::test]
async fn rules_have_targets_and_are_deleted_without_them() {
    let bench = Bench::new().await;
    bench.rule("rate(5 minutes)", json!({"RetryPolicy": {"MaximumRetryAttempts": 3}})).await;
    let targets = bench.ask("ListTargetsByRule", json!({"Rule": "tick"})).await.unwrap();
    let one = json!({"Id": "one", "Arn": FUNCTION, "RetryPolicy": {"MaximumRetryAttempts": 3}});
    assert_eq!(targets["Targets"], json!([one]));
    let refused = bench.ask("DeleteRule", json!({"Name": "tick"})).await.unwrap_err();
    assert_eq!(refused, "ValidationException: Rule can't be deleted since it has targets.");
    bench.ask("RemoveTargets", json!({"Rule": "tick", "Ids": ["one", "two"]})).await.unwrap();
    bench.ask("DeleteRule", json!({"Name": "tick"})).await.unwrap();
    assert_eq!(bench.ask("ListRules", json!({})).await.unwrap()["Rules"], json!([]));
    let gone = bench.ask("DescribeRule", json!({"Name": "tick"})).await.unwrap_err();
    assert_eq!(gone, "ResourceNotFoundException: Rule tick does not exist on EventBus default.");
}

#[tokio::test]
async fn what_is_no_schedule_is_refused() {
    let bench = Bench::new().await;
    for (input, message) in [
        (
            json!({"Name": "x", "ScheduleExpression": "rate(5 minute)"}),
            "Parameter ScheduleExpression is not valid.",
        ),
        (json!({"Name": "x"}), "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        (
            json!({"Name": "x", "EventPattern": "{}"}),
            "Rules with an EventPattern are not supported by Konekuta; give a ScheduleExpression.",
        ),
    ] {
        let refused = bench.ask("PutRule", input).await.unwrap_err();
        assert_eq!(refused, format!("ValidationException: {message}"));
    }
    let elsewhere = json!({"Name": "x", "ScheduleExpression": "rate(5 minutes)", "EventBusName": "other"});
    assert!(bench.ask("PutRule", elsewhere).await.unwrap_err().starts_with("ResourceNotFoundException"));
    bench.rule("rate(5 minutes)", json!({})).await;
    let stream = json!({"Rule": "tick", "Targets": [{"Id": "s", "Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}]});
    assert!(bench.ask("PutTargets", stream).await.unwrap_err().contains("kinesis are not supported"));
    for wrong in [
        json!({"ScheduleExpression": "rate(0 hours)"}),
        json!({"ScheduleExpressionTimezone": "Mars/Olympus"}),
        json!({"EndDate": 1_700_000_000}),
        json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}),
        json!({"State": "MAYBE"}),
    ] {
        let refused = bench.schedule(wrong.clone()).await.unwrap_err();
        assert!(refused.starts_with("ValidationException"), "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn a_schedule_of_a_rate_is_due_at_once_and_then_each_time() {
    let bench = Bench::new().await;
    bench.schedule(json!({})).await.unwrap();
    let (event, by) = bench.one_event().await;
    let event: Json = serde_json::from_str(&event).unwrap();
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tock";
    assert_eq!((&event["source"], &event["detail"]), (&json!("aws.scheduler"), &json!("{}")));
    assert_eq!((&event["resources"], &event["time"]), (&json!([arn]), &json!("2026-01-01T00:00:00Z")));
    assert_eq!(by, "account 000000000000");
    bench.is_due("schedule", bench.in_minutes(60)).await;
    bench.advance(60);
    bench.one_event().await;
    let again = bench.schedule(json!({})).await.unwrap_err();
    assert_eq!(again, "ConflictException: Schedule tock already exists.");
}

#[tokio::test]
async fn a_one_time_schedule_fires_once_and_may_delete_itself() {
    let bench = Bench::new().await;
    let input = "{\"at\":\"<aws.scheduler.scheduled-time>\",\"n\":<aws.scheduler.attempt-number>}";
    let target = json!({"Arn": FUNCTION, "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": input});
    bench
        .schedule(json!({
            "ScheduleExpression": "at(2026-01-01T10:00:00)", "ScheduleExpressionTimezone": "Asia/Tokyo",
            "ActionAfterCompletion": "DELETE", "Target": target,
        }))
        .await
        .unwrap();
    bench.is_due("schedule", bench.in_minutes(60)).await;
    bench.advance(60);
    assert_eq!(bench.one_event().await.0, "{\"at\":\"2026-01-01T01:00:00Z\",\"n\":1}");
    let gone = async {
        while bench.ask("GetSchedule", json!({"Name": "tock"})).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("it deletes itself");
}

#[tokio::test]
async fn a_schedule_keeps_to_its_start_and_end() {
    let bench = Bench::new().await;
    let hours = |hours: u64| (bench.clock.now().0 / 1000) + hours * 3600;
    bench.schedule(json!({"StartDate": hours(1), "EndDate": hours(2)})).await.unwrap();
    bench.is_due("schedule", bench.in_minutes(60)).await;
    bench.advance(60);
    bench.one_event().await;
    bench.is_due("schedule", bench.in_minutes(60)).await;
    bench.advance(60);
    bench.one_event().await;
    bench.is_due("schedule", None).await;
    let shown = bench.ask("GetSchedule", json!({"Name": "tock"})).await.unwrap();
    assert_eq!(shown["StartDate"].as_f64(), Some(1_767_229_200.0));
    assert_eq!(shown["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 185);
    let listed = bench.ask("ListSchedules", json!({"State": "ENABLED"})).await.unwrap();
    assert_eq!(listed["Schedules"][0]["Name"], "tock");
}

#[tokio::test]
async fn a_changed_schedule_keeps_its_time_unless_that_changes() {
    let bench = Bench::new().await;
    bench.schedule(json!({"ScheduleExpression": "cron(0 9 * * ? *)"})).await.unwrap();
    let update = |expression: &str| {
        json!({
            "Name": "tock", "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": FUNCTION, "RoleArn": "arn:aws:iam::000000000000:role/r"}, "Description": "d",
        })
    };
    bench.ask("UpdateSchedule", update("cron(0 9 * * ? *)")).await.unwrap();
    bench.is_due("schedule", bench.in_minutes(9 * 60)).await;
    bench.ask("UpdateSchedule", update("cron(0 8 * * ? *)")).await.unwrap();
    bench.is_due("schedule", bench.in_minutes(8 * 60)).await;
    bench.ask("DeleteSchedule", json!({"Name": "tock"})).await.unwrap();
    let gone = bench.ask("DeleteSchedule", json!({"Name": "tock"})).await.unwrap_err();
    assert_eq!(gone, "ResourceNotFoundException: Schedule tock does not exist.");
}
