//! Requests as clients write them, against the engine in memory. Expected answers are AWS's.

use std::sync::Arc;
use std::time::Duration;

use aws::{AccountId, Region, RequestId};
use engine::Clock as _;
use futures_util::StreamExt as _;
use local::{Durability, Local};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::ports::{LogEvent, LogPort as _, LogStream};
use service::{
    Action, Caller, Context, CountingIds, Endpoint, Ids as _, Protocol, ServiceError, StreamingAction,
};
use testkit::SimulatedClock;

use crate::actions::*;
use crate::{Logs, LogsPort, Settings};

const JSON: Protocol = Protocol::AwsJson { content_type: "application/x-amz-json-1.1", query_error: false };
const NOW: u64 = 1_767_225_600_000;

struct Bench {
    logs: Arc<Logs>,
    clock: SimulatedClock,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let settings = local::Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Memory,
            partitions: 1,
            history: None,
        };
        let engine = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let settings = Settings { folder: folder.path().join("logs"), sync: false };
        let logs = Logs::new(engine, Arc::new(CountingIds::default()), Arc::new(clock.clone()), settings);
        Self { logs, clock, folder }
    }

    fn context(&self) -> Context {
        Context {
            request_id: RequestId(CountingIds::default().uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: "test".into(),
            },
            endpoint: Endpoint::of_host("localhost:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    async fn call<A: Action<Service = Logs>>(&self, input: Json) -> Result<Json, ServiceError> {
        let input = A::Input::deserialize(input).expect("the test's own input");
        let output = A::run(&self.logs, &self.context(), input).await?;
        Ok(serde_json::from_slice(&JSON.encode(A::NAME, "id", &output).body).unwrap())
    }

    async fn refused<A: Action<Service = Logs>>(&self, input: Json) -> (&'static str, String) {
        match self.call::<A>(input).await {
            Ok(answer) => panic!("{} answered {answer}", A::NAME),
            Err(error) => (error.row.shape, error.message.into_owned()),
        }
    }

    async fn group(&self, name: &str) {
        self.call::<CreateLogGroup>(json!({"logGroupName": name})).await.unwrap();
    }

    async fn stream(&self, group: &str, name: &str) {
        let input = json!({"logGroupName": group, "logStreamName": name});
        self.call::<CreateLogStream>(input).await.unwrap();
    }

    async fn put(&self, group: &str, stream: &str, events: &[(u64, &str)]) -> Json {
        let events: Vec<Json> = events
            .iter()
            .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
            .collect();
        let input = json!({"logGroupName": group, "logStreamName": stream, "logEvents": events});
        self.call::<PutLogEvents>(input).await.unwrap()
    }

    async fn write(&self, group: &str, stream: &str, message: &str) {
        let stream = LogStream {
            account: AccountId::local().to_string(),
            region: Region::default_region().to_string(),
            group: group.to_owned(),
            stream: stream.to_owned(),
        };
        let event = LogEvent { timestamp: self.clock.now(), message: message.to_owned(), request_id: None };
        LogsPort(Arc::clone(&self.logs)).write(Arc::new(stream), vec![event]).await.unwrap();
    }
}

fn messages(answer: &Json) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn groups_are_made_once_described_in_pages_and_deleted() {
    let bench = Bench::new();
    for name in ["/a/1", "/a/2", "/b/1"] {
        bench.group(name).await;
    }
    let again = bench.refused::<CreateLogGroup>(json!({"logGroupName": "/a/1"})).await;
    assert_eq!(again, ("ResourceAlreadyExistsException", "The specified log group already exists".into()));
    let first = bench.call::<DescribeLogGroups>(json!({"limit": 2})).await.unwrap();
    assert_eq!(first["logGroups"][0]["arn"], "arn:aws:logs:us-east-1:000000000000:log-group:/a/1:*");
    assert_eq!(first["logGroups"][0]["logGroupArn"], "arn:aws:logs:us-east-1:000000000000:log-group:/a/1");
    assert_eq!(
        (&first["logGroups"][0]["creationTime"], first["nextToken"].as_str()),
        (&json!(NOW), Some("/a/2"))
    );
    let rest = bench.call::<DescribeLogGroups>(json!({"nextToken": "/a/2"})).await.unwrap();
    assert_eq!((rest["logGroups"][0]["logGroupName"].as_str(), rest.get("nextToken")), (Some("/b/1"), None));
    let prefixed = bench.call::<DescribeLogGroups>(json!({"logGroupNamePrefix": "/a"})).await.unwrap();
    assert_eq!(prefixed["logGroups"].as_array().unwrap().len(), 2);
    bench.call::<DeleteLogGroup>(json!({"logGroupName": "/a/1"})).await.unwrap();
    let gone = bench.refused::<DeleteLogGroup>(json!({"logGroupName": "/a/1"})).await;
    assert_eq!(gone, ("ResourceNotFoundException", "The specified log group does not exist.".into()));
    assert_eq!(bench.refused::<DescribeLogGroups>(json!({"limit": 51})).await.0, "InvalidParameterException");
    assert_eq!(
        bench.refused::<CreateLogGroup>(json!({"logGroupName": "a b"})).await.0,
        "InvalidParameterException"
    );
}

#[tokio::test]
async fn a_deleted_group_leaves_nothing_to_one_of_the_same_name() {
    let bench = Bench::new();
    bench.group("g").await;
    bench.stream("g", "s").await;
    bench.put("g", "s", &[(NOW, "old")]).await;
    bench.call::<DeleteLogGroup>(json!({"logGroupName": "g"})).await.unwrap();
    bench.group("g").await;
    let found = bench.call::<FilterLogEvents>(json!({"logGroupName": "g"})).await.unwrap();
    assert!(messages(&found).is_empty());
    let streams = bench.call::<DescribeLogStreams>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!(streams["logStreams"], json!([]));
}

#[tokio::test]
async fn streams_are_ordered_by_name_or_by_their_last_event() {
    let bench = Bench::new();
    bench.group("g").await;
    for (name, at) in [("a", 3), ("b", 1), ("c", 2)] {
        bench.stream("g", name).await;
        bench.put("g", name, &[(NOW + at, "x")]).await;
    }
    bench.stream("g", "d").await;
    let names = |answer: &Json| -> Vec<String> {
        let streams = answer["logStreams"].as_array().unwrap();
        streams.iter().map(|stream| stream["logStreamName"].as_str().unwrap().to_owned()).collect()
    };
    let by_name = bench.call::<DescribeLogStreams>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!(names(&by_name), ["a", "b", "c", "d"]);
    assert_eq!(by_name["logStreams"][0]["lastEventTimestamp"], NOW + 3);
    assert!(by_name["logStreams"][3].get("lastEventTimestamp").is_none());
    let input = json!({"logGroupName": "g", "orderBy": "LastEventTime", "descending": true, "limit": 2});
    let by_time = bench.call::<DescribeLogStreams>(input.clone()).await.unwrap();
    assert_eq!(names(&by_time), ["a", "c"]);
    let mut next = input;
    next["nextToken"] = by_time["nextToken"].clone();
    assert_eq!(names(&bench.call::<DescribeLogStreams>(next).await.unwrap()), ["b", "d"]);
    bench.call::<DeleteLogStream>(json!({"logGroupName": "g", "logStreamName": "a"})).await.unwrap();
    let gone = bench.refused::<DeleteLogStream>(json!({"logGroupName": "g", "logStreamName": "a"})).await;
    assert_eq!(gone.1, "The specified log stream does not exist.");
    let exists = bench.refused::<CreateLogStream>(json!({"logGroupName": "g", "logStreamName": "b"})).await;
    assert_eq!(exists.0, "ResourceAlreadyExistsException");
}

#[tokio::test]
async fn put_log_events_refuses_and_rejects_what_aws_does() {
    let bench = Bench::new();
    bench.group("g").await;
    bench.stream("g", "s").await;
    let put = |events: Json| json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
    let at = |timestamp: u64| json!({"timestamp": timestamp, "message": "m"});
    let disordered = bench.refused::<PutLogEvents>(put(json!([at(NOW + 1), at(NOW)]))).await;
    assert_eq!(disordered.1, "Log events in a single PutLogEvents request must be in chronological order.");
    let day = 86_400_000;
    let span = bench.refused::<PutLogEvents>(put(json!([at(NOW - day - 1), at(NOW)]))).await;
    assert!(span.1.contains("cannot span more than 24 hours"), "{}", span.1);
    assert_eq!(bench.refused::<PutLogEvents>(put(json!([]))).await.0, "InvalidParameterException");
    let large = json!([{"timestamp": NOW, "message": "x".repeat(1_048_576)}]);
    assert!(bench.refused::<PutLogEvents>(put(large)).await.1.starts_with("Upload too large: "));
    let missing = json!({"logGroupName": "g", "logStreamName": "t", "logEvents": [at(NOW)]});
    assert_eq!(bench.refused::<PutLogEvents>(missing).await.1, "The specified log stream does not exist.");
    let answer = bench.put("g", "s", &[(NOW, "kept"), (NOW + 3 * 3_600_000, "too new")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"tooNewLogEventStartIndex": 1}));
    let answer = bench.put("g", "s", &[(NOW - 15 * day, "too old")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"tooOldLogEventEndIndex": 1}));
    bench.call::<PutRetentionPolicy>(json!({"logGroupName": "g", "retentionInDays": 1})).await.unwrap();
    let answer = bench.put("g", "s", &[(NOW - 2 * day, "expired"), (NOW - 3 * 3_600_000 - day, "too")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"expiredLogEventEndIndex": 2}));
    let found = bench.call::<FilterLogEvents>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!(messages(&found), ["kept"]);
}

#[tokio::test]
async fn get_log_events_pages_both_ways_and_keeps_its_token_at_the_end() {
    let bench = Bench::new();
    bench.group("g").await;
    bench.stream("g", "s").await;
    bench.put("g", "s", &[(NOW, "1"), (NOW + 1, "2"), (NOW + 2, "3"), (NOW + 3, "4")]).await;
    let get = |more: Json| {
        let mut input = json!({"logGroupName": "g", "logStreamName": "s", "limit": 2});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.call::<GetLogEvents>(input)
    };
    let last = get(json!({})).await.unwrap();
    assert_eq!(messages(&last), ["3", "4"], "the newest unless startFromHead");
    let before = get(json!({"nextToken": last["nextBackwardToken"]})).await.unwrap();
    assert_eq!(messages(&before), ["1", "2"]);
    let head = get(json!({"startFromHead": true})).await.unwrap();
    let next = get(json!({"nextToken": head["nextForwardToken"]})).await.unwrap();
    assert_eq!((messages(&head), messages(&next)), (vec!["1", "2"], vec!["3", "4"]));
    let end = get(json!({"nextToken": next["nextForwardToken"]})).await.unwrap();
    assert_eq!((messages(&end).len(), &end["nextForwardToken"]), (0, &next["nextForwardToken"]));
    bench.put("g", "s", &[(NOW + 4, "5")]).await;
    assert_eq!(messages(&get(json!({"nextToken": end["nextForwardToken"]})).await.unwrap()), ["5"]);
    let between = get(json!({"startTime": NOW + 1, "endTime": NOW + 2})).await.unwrap();
    assert_eq!(messages(&between), ["2"], "the end is not included");
    let bad = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": "x"});
    assert_eq!(bench.refused::<GetLogEvents>(bad).await.1, "The specified nextToken is invalid.");
}

#[tokio::test]
async fn filter_log_events_mixes_streams_in_order_of_time_with_ids_of_their_own() {
    let bench = Bench::new();
    bench.write("/aws/lambda/f", "one", "ERROR a").await;
    bench.clock.advance(Duration::from_millis(5));
    bench.write("/aws/lambda/f", "two", "ok").await;
    bench.clock.advance(Duration::from_millis(5));
    bench.write("/aws/lambda/f", "one", "ERROR b").await;
    let name = json!({"logGroupName": "/aws/lambda/f", "filterPattern": "ERROR", "limit": 1});
    let first = bench.call::<FilterLogEvents>(name.clone()).await.unwrap();
    assert_eq!((messages(&first), &first["events"][0]["logStreamName"]), (vec!["ERROR a"], &json!("one")));
    let mut input = name;
    input["nextToken"] = first["nextToken"].clone();
    let second = bench.call::<FilterLogEvents>(input).await.unwrap();
    assert_eq!((messages(&second), second.get("nextToken")), (vec!["ERROR b"], None));
    assert_ne!(first["events"][0]["eventId"], second["events"][0]["eventId"]);
    let inclusive = json!({"logGroupName": "/aws/lambda/f", "startTime": NOW + 5, "endTime": NOW + 5});
    assert_eq!(messages(&bench.call::<FilterLogEvents>(inclusive).await.unwrap()), ["ok"]);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f";
    let of_two = json!({"logGroupIdentifier": arn, "logStreamNames": ["two"]});
    assert_eq!(messages(&bench.call::<FilterLogEvents>(of_two).await.unwrap()), ["ok"]);
    let bad = json!({"logGroupName": "/aws/lambda/f", "filterPattern": "{ $.a }"});
    assert_eq!(bench.refused::<FilterLogEvents>(bad).await.0, "InvalidParameterException");
}

#[tokio::test]
async fn events_vanish_when_their_retention_has_passed() {
    let bench = Bench::new();
    bench.write("g", "s", "old").await;
    bench.call::<PutRetentionPolicy>(json!({"logGroupName": "g", "retentionInDays": 1})).await.unwrap();
    bench.clock.advance(Duration::from_hours(25));
    bench.write("g", "s", "new").await;
    let found = bench.call::<FilterLogEvents>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!(messages(&found), ["new"]);
    bench.clock.advance(Duration::from_hours(25));
    bench.logs.groups.sweep(bench.clock.now()).await.unwrap();
    let streams = bench.call::<DescribeLogStreams>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!(streams["logStreams"], json!([]), "the file is gone");
    bench.call::<DeleteRetentionPolicy>(json!({"logGroupName": "g"})).await.unwrap();
    let refused =
        bench.refused::<PutRetentionPolicy>(json!({"logGroupName": "g", "retentionInDays": 2})).await;
    assert!(refused.1.contains("'2' at 'retentionInDays'"), "{}", refused.1);
}

#[tokio::test]
async fn tags_are_added_removed_and_listed_by_arn_and_by_name() {
    let bench = Bench::new();
    bench.group("g").await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    bench.call::<TagResource>(json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}})).await.unwrap();
    bench.call::<UntagLogGroup>(json!({"logGroupName": "g", "tags": ["a"]})).await.unwrap();
    bench.call::<TagLogGroup>(json!({"logGroupName": "g", "tags": {"c": "3"}})).await.unwrap();
    bench.call::<UntagResource>(json!({"resourceArn": arn, "tagKeys": ["b"]})).await.unwrap();
    let by_arn = bench.call::<ListTagsForResource>(json!({"resourceArn": arn})).await.unwrap();
    let by_name = bench.call::<ListTagsLogGroup>(json!({"logGroupName": "g"})).await.unwrap();
    assert_eq!((&by_arn["tags"], &by_name["tags"]), (&json!({"c": "3"}), &json!({"c": "3"})));
    let many: Json =
        (0..51).map(|number| (number.to_string(), Json::from("x"))).collect::<serde_json::Map<_, _>>().into();
    let refused = bench.refused::<TagResource>(json!({"resourceArn": arn, "tags": many})).await;
    assert_eq!(refused.0, "TooManyTagsException");
}

#[tokio::test]
async fn a_live_tail_begins_and_then_tells_what_matches_each_second() {
    let bench = Bench::new();
    bench.write("g", "s", "before").await;
    let input = json!({"logGroupIdentifiers": ["g"], "logEventFilterPattern": "ERROR"});
    let input = serde_json::from_value(input).unwrap();
    let response = StartLiveTail::run(&bench.logs, &bench.context(), input).await.unwrap();
    let mut frames = http_body_util::BodyStream::new(response.into_body());
    let mut next = async || {
        let frame = frames.next().await.unwrap().unwrap();
        String::from_utf8_lossy(&frame.into_data().unwrap()).into_owned()
    };
    assert!(next().await.contains("initial-response"));
    let start = next().await;
    assert!(
        start.contains("sessionStart") && start.contains("\"logEventFilterPattern\":\"ERROR\""),
        "{start}"
    );
    bench.write("g", "s", "ERROR one").await;
    bench.write("g", "s", "fine").await;
    let (update, ()) = futures_util::join!(next(), async {
        tokio::task::yield_now().await;
        bench.clock.advance(Duration::from_secs(1));
    });
    assert!(update.contains("sessionUpdate") && update.contains("ERROR one"), "{update}");
    assert!(!update.contains("fine") && !update.contains("before") && update.contains("\"sampled\":false"));
}

#[tokio::test]
async fn lines_that_wait_to_be_written_are_there_when_the_program_has_ended() {
    let bench = Bench::new();
    let tasks = service::Tasks::default();
    crate::start(&bench.logs, &tasks);
    bench.write("g", "s", "the last words").await;
    tasks.shut_down().await;
    let groups = std::fs::read_dir(bench.folder.path().join("logs")).unwrap();
    let segments = groups.flat_map(|group| std::fs::read_dir(group.unwrap().path()).unwrap());
    let texts: Vec<String> =
        segments.map(|segment| std::fs::read_to_string(segment.unwrap().path()).unwrap()).collect();
    assert!(matches!(&texts[..], [text] if text.contains("the last words")), "{texts:?}");
}
