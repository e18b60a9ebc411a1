//! X-Ray as a whole: segments put and hops of ours, told as traces, summaries and graphs. Expected answers are AWS's.

use std::sync::Arc;

use aws::{AccountId, Region, RequestId};
use engine::{Clock as _, History as _, Hop, HopKind, HopOutcome, Link, SpanId, Timestamp, TraceId};
use local::{Durability, HistoryLimits, Local};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::{Action, Caller, Context, CountingIds, Endpoint, Ids as _, Protocol, ServiceError};
use testkit::SimulatedClock;

use crate::Xray;
use crate::actions::*;

const JSON: Protocol = Protocol::AwsJson { content_type: "application/x-amz-json-1.1", query_error: false };
const TRACE: &str = "1-6955b900-a006649127e371903a2de979";
/// The moment in the trace's id.
const START: u64 = 1_767_225_600_000;
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

struct Bench {
    xray: Arc<Xray>,
    local: Arc<Local>,
    clock: SimulatedClock,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(Some(HistoryLimits::default()))
    }

    fn with(history: Option<HistoryLimits>) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        clock.advance(std::time::Duration::from_secs(5));
        let settings = local::Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Memory,
            partitions: 1,
            history,
        };
        let local = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let xray =
            Xray::new(Arc::clone(&local) as _, Arc::new(CountingIds::default()), Arc::new(clock.clone()));
        Self { xray, local, clock, _folder: folder }
    }

    async fn call<A: Action<Service = Xray>>(&self, input: Json) -> Result<Json, ServiceError> {
        let context = Context {
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
        };
        let input = A::Input::deserialize(input).expect("the test's own input");
        let output = A::run(&self.xray, &context, input).await?;
        Ok(serde_json::from_slice(&JSON.encode(A::NAME, "id", &output).body).unwrap())
    }

    async fn refused<A: Action<Service = Xray>>(&self, input: Json) -> String {
        match self.call::<A>(input).await {
            Ok(answer) => panic!("{} answered {answer}", A::NAME),
            Err(error) => format!("{}: {}", error.row.shape, error.message),
        }
    }

    async fn put(&self, document: Json) -> Json {
        let input = json!({"TraceSegmentDocuments": [document.to_string()]});
        self.call::<PutTraceSegments>(input).await.unwrap()["UnprocessedTraceSegments"].clone()
    }

    async fn summaries(&self, filter: &str) -> Vec<Json> {
        let input = json!({"StartTime": seconds(0), "EndTime": seconds(10_000), "FilterExpression": filter});
        self.call::<GetTraceSummaries>(input).await.unwrap()["TraceSummaries"].as_array().unwrap().clone()
    }

    async fn segments(&self) -> Vec<Json> {
        let answer = self.call::<BatchGetTraces>(json!({"TraceIds": [TRACE]})).await.unwrap();
        let segments = answer["Traces"][0]["Segments"].as_array().unwrap().iter();
        segments.map(|segment| serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap()).collect()
    }

    fn tell(&self, kind: HopKind, span: u64, parent: u64, resource: &str) {
        self.local.record(hop(kind, span, parent, resource));
    }
}

fn hop(kind: HopKind, span: u64, parent: u64, resource: &str) -> Hop {
    let link = Link { trace: TraceId(aws::parse_trace_id(TRACE).unwrap()), span: SpanId(span) };
    Hop { took_us: 1_000, ..Hop::new(kind, link, SpanId(parent), Timestamp(START + span), resource.into()) }
}

/// Milliseconds after the start.
fn seconds(after: u64) -> f64 {
    std::time::Duration::from_millis(START + after).as_secs_f64()
}

fn segment(name: &str, id: u64) -> Json {
    json!({"name": name, "id": format!("{id:016x}"), "trace_id": TRACE, "start_time": seconds(0), "end_time": seconds(500)})
}

#[allow(clippy::needless_pass_by_value, reason = "literals are given")]
fn with(mut document: Json, more: Json) -> Json {
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

#[tokio::test]
async fn segments_that_are_wrong_are_told_and_hinder_no_other() {
    let bench = Bench::new();
    let documents = [
        segment("a", 1).to_string(),
        "{}".to_owned(),
        with(segment("b", 2), json!({"name": "*"})).to_string(),
    ];
    let answer = bench.call::<PutTraceSegments>(json!({"TraceSegmentDocuments": documents})).await.unwrap();
    assert_eq!(
        answer["UnprocessedTraceSegments"],
        json!([
            {"ErrorCode": "MissingId", "Message": "Invalid segment. ErrorCode: MissingId"},
            {"Id": "0000000000000002", "ErrorCode": "InvalidName", "Message": "Invalid segment. ErrorCode: InvalidName"},
        ])
    );
    assert_eq!(bench.segments().await.len(), 1);
}

#[tokio::test]
async fn a_summary_tells_of_the_root_and_of_all_segments() {
    let bench = Bench::new();
    let root = json!({
        "user": "u", "annotations": {"order": "o-1", "n": 7, "paid": true}, "resource_arn": "arn:aws:x:::y",
        "http": {"request": {"method": "GET", "url": "http://h/"}, "response": {"status": 200}},
        "subsegments": [{"name": "S3", "namespace": "aws", "id": "0000000000000009", "start_time": seconds(1), "end_time": seconds(2)}],
    });
    bench.put(with(segment("web", 1), root)).await;
    let below = json!({"parent_id": "0000000000000001", "end_time": seconds(2_000), "fault": true, "annotations": {"order": "o-1"}});
    bench.put(with(segment("back", 2), below)).await;
    let summaries = bench.summaries("").await;
    let [summary] = summaries.as_slice() else { panic!("{summaries:?}") };
    assert_eq!(
        (&summary["Id"], &summary["Duration"], &summary["ResponseTime"]),
        (&json!(TRACE), &json!(2.0), &json!(0.5))
    );
    assert_eq!(
        (&summary["HasFault"], &summary["IsPartial"]),
        (&json!(false), &json!(false)),
        "the root did not fail"
    );
    assert_eq!(summary["Http"], json!({"HttpURL": "http://h/", "HttpMethod": "GET", "HttpStatus": 200}));
    let services = |names: &[&str]| -> Json {
        names.iter().map(|name| json!({"Name": name, "Names": [name]})).collect()
    };
    assert_eq!(
        summary["Annotations"],
        json!({
            "n": [{"AnnotationValue": {"NumberValue": 7}, "ServiceIds": services(&["web"])}],
            "order": [{"AnnotationValue": {"StringValue": "o-1"}, "ServiceIds": services(&["web", "back"])}],
            "paid": [{"AnnotationValue": {"BooleanValue": true}, "ServiceIds": services(&["web"])}],
        })
    );
    assert_eq!(summary["Users"], json!([{"UserName": "u", "ServiceIds": services(&["web"])}]));
    assert_eq!(
        (&summary["EntryPoint"]["Name"], &summary["ResourceARNs"][0]["ARN"]),
        (&json!("web"), &json!("arn:aws:x:::y"))
    );
    let names: Vec<&str> =
        summary["ServiceIds"].as_array().unwrap().iter().filter_map(|id| id["Name"].as_str()).collect();
    assert_eq!(names, ["S3", "back", "web"]);
    let cause = &summary["FaultRootCauses"][0];
    assert_eq!((&cause["Services"][1]["Name"], &cause["ClientImpacting"]), (&json!("back"), &json!(false)));
    assert_eq!(bench.summaries("service(\"back\") { fault }").await.len(), 1);
    assert!(bench.summaries("fault").await.is_empty());
}

#[tokio::test]
async fn a_segment_in_progress_is_overwritten_by_the_whole_one() {
    let bench = Bench::new();
    bench.put(with(segment("a", 1), json!({"end_time": null, "in_progress": true}))).await;
    assert_eq!(bench.summaries("partial").await.len(), 1);
    bench.put(segment("a", 1)).await;
    assert!(bench.summaries("partial").await.is_empty());
    assert_eq!(bench.segments().await.len(), 1);
}

#[tokio::test]
async fn hops_of_ours_are_segments_and_subsegments_of_code_lie_within_its_invocation() {
    let bench = Bench::new();
    bench.tell(HopKind::Send, 0x10, 0, QUEUE);
    bench.tell(HopKind::Receive, 0x20, 0x10, QUEUE);
    let invoke = hop(HopKind::Invoke, 0x30, 0x20, FUNCTION);
    let failed = invoke.noting("error", "ValueError").noting("message", "no").noting("initMs", "12.5");
    bench.local.record(Hop { outcome: HopOutcome::Failed, ..failed });
    bench.tell(HopKind::Delete, 0x40, 0x20, QUEUE);
    let code = json!({"type": "subsegment", "parent_id": "0000000000000030", "namespace": "aws", "aws": {"bucket_name": "b"}});
    bench.put(with(segment("S3", 0x50), code)).await;
    bench.tell(HopKind::Call, 0x60, 0x50, "arn:aws:s3:::b");

    let segments = bench.segments().await;
    let of = |origin: &str| {
        segments
            .iter()
            .find(|segment| segment["origin"] == origin)
            .unwrap_or_else(|| panic!("{origin}: {segments:#?}"))
    };
    assert_eq!(segments.len(), 4, "{segments:#?}");
    let queue = of("AWS::SQS::Queue");
    assert_eq!((&queue["name"], &queue["resource_arn"]), (&json!("q"), &json!(QUEUE)));
    assert_eq!(queue["subsegments"][0]["name"], "receive");
    assert_eq!(queue["subsegments"][0]["subsegments"][0]["name"], "delete");
    let (service, function) = (of("AWS::Lambda"), of("AWS::Lambda::Function"));
    assert_eq!((&service["parent_id"], &function["parent_id"]), (&json!("0000000000000020"), &service["id"]));
    assert_eq!(
        (&function["fault"], &function["cause"]["exceptions"][0]["type"]),
        (&json!(true), &json!("ValueError"))
    );
    let within: Vec<&Json> =
        function["subsegments"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(within, ["Initialization", "S3"]);
    assert_eq!(of("AWS::S3::Bucket")["parent_id"], "0000000000000050");

    let graph = bench.call::<GetTraceGraph>(json!({"TraceIds": [TRACE]})).await.unwrap();
    let nodes = graph["Services"].as_array().unwrap();
    let mut edges = Vec::new();
    for node in nodes {
        for edge in node["Edges"].as_array().unwrap() {
            let to = &nodes[usize::try_from(edge["ReferenceId"].as_u64().unwrap()).unwrap()];
            edges.push(format!("{}>{}", node["Type"].as_str().unwrap(), to["Type"].as_str().unwrap()));
        }
    }
    edges.sort_unstable();
    assert_eq!(
        edges,
        [
            "AWS::Lambda::Function>AWS::S3::Bucket",
            "AWS::Lambda>AWS::Lambda::Function",
            "AWS::SQS::Queue>AWS::Lambda",
            "client>AWS::SQS::Queue",
        ]
    );
    let function = nodes.iter().find(|node| node["Type"] == "AWS::Lambda::Function").unwrap();
    assert_eq!(function["SummaryStatistics"]["FaultStatistics"]["TotalCount"], 1);
}

#[tokio::test]
async fn summaries_come_in_pages_the_newest_first_each_once() {
    let bench = Bench::new();
    for number in 0..150 {
        let trace = format!("1-6955b900-{number:024x}");
        bench.put(with(segment("a", 1), json!({"trace_id": trace}))).await;
        bench.put(with(segment("b", 2), json!({"trace_id": trace}))).await;
    }
    let mut seen = Vec::new();
    let mut token = Json::Null;
    loop {
        let input = json!({"StartTime": seconds(0), "EndTime": seconds(1), "NextToken": token});
        let page = bench.call::<GetTraceSummaries>(input).await.unwrap();
        let ids = page["TraceSummaries"].as_array().unwrap().iter();
        seen.extend(ids.map(|summary| summary["Id"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), 150);
    assert!(seen.is_sorted_by(|one, next| one > next));
}

#[tokio::test]
async fn a_trace_whose_caller_tells_nothing_is_found_and_one_whose_caller_tells_late_once() {
    let bench = Bench::new();
    bench.tell(HopKind::Send, 0x10, 0x7, QUEUE);
    assert_eq!(bench.summaries("service(\"q\")").await.len(), 1);
    bench.put(segment("shop", 0x7)).await;
    let summaries = bench.summaries("service(\"q\")").await;
    assert_eq!((summaries.len(), &summaries[0]["EntryPoint"]["Name"]), (1, &json!("shop")));
}

#[tokio::test]
async fn subsegments_may_lie_as_deep_as_json_goes_and_no_deeper() {
    let bench = Bench::new();
    let nested = |depth: u64, first: u64| {
        let mut document = segment("deepest", first + depth);
        for level in (first..first + depth).rev() {
            document = with(segment("level", level), json!({"subsegments": [document]}));
        }
        document
    };
    assert_eq!(bench.put(nested(60, 1)).await, json!([]));
    // And one that comes by itself, below the deepest place that takes it.
    let alone = with(nested(60, 1_000), json!({"type": "subsegment", "parent_id": format!("{:016x}", 31)}));
    assert_eq!(bench.put(alone).await, json!([]));
    assert_eq!(bench.segments().await.len(), 2, "it would lie too deep for who reads it");
    assert_eq!(bench.summaries("service(\"level\") { ok } AND !annotation.x").await.len(), 1);
    assert_eq!(bench.put(nested(70, 2_000)).await[0]["ErrorCode"], "ParseError");
}

#[tokio::test]
async fn the_time_range_is_of_the_ids_the_changes_or_the_ends() {
    let bench = Bench::new();
    bench.put(with(segment("a", 1), json!({"end_time": seconds(3_000)}))).await;
    let count = async |start, end, by: &str| {
        let input = json!({"StartTime": seconds(start), "EndTime": seconds(end), "TimeRangeType": by});
        bench.call::<GetTraceSummaries>(input).await.unwrap()["TraceSummaries"].as_array().unwrap().len()
    };
    assert_eq!((count(500, 600, "TraceId").await, count(1_500, 2_000, "TraceId").await), (1, 0));
    assert_eq!((count(2_500, 3_500, "Event").await, count(500, 2_000, "Event").await), (1, 0));
    assert_eq!((count(2_500, 3_500, "Service").await, count(0, 2_000, "Service").await), (1, 0));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_the_reason() {
    let bench = Bench::new();
    let asked = |start: u64, end: u64| json!({"StartTime": seconds(start), "EndTime": seconds(end)});
    for (input, reason) in [
        (asked(1, 0), "later"),
        (asked(0, 25 * 3_600_000), "longer than 24 hours"),
        (with(asked(0, 1), json!({"TimeRangeType": "x"})), "enum value set"),
        (with(asked(0, 1), json!({"FilterExpression": "sevice(\"a\")"})), "sevice is not a keyword"),
        (with(asked(0, 1), json!({"FilterExpression": "group.name = \"g\""})), "not there: g"),
        (with(asked(0, 1), json!({"NextToken": "x"})), "NextToken"),
    ] {
        let refused = bench.refused::<GetTraceSummaries>(input).await;
        assert!(refused.starts_with("InvalidRequestException: ") && refused.contains(reason), "{refused}");
    }
    assert!(
        bench.refused::<BatchGetTraces>(json!({"TraceIds": ["x"]})).await.contains("Invalid trace ID: x")
    );
    let absent = bench.call::<BatchGetTraces>(json!({"TraceIds": [TRACE]})).await.unwrap();
    assert_eq!(absent, json!({"Traces": [], "UnprocessedTraceIds": []}));
}

#[tokio::test]
async fn groups_are_kept_and_name_filters() {
    let bench = Bench::new();
    bench.put(with(segment("a", 1), json!({"fault": true}))).await;
    let made =
        bench.call::<CreateGroup>(json!({"GroupName": "g", "FilterExpression": "fault"})).await.unwrap();
    let arn = made["Group"]["GroupARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:xray:us-east-1:000000000000:group/g/"), "{arn}");
    assert_eq!(bench.summaries("group.name = \"g\"").await.len(), 1);
    assert_eq!(bench.summaries(&format!("group.arn != \"{arn}\"")).await.len(), 0);
    let range = json!({"StartTime": seconds(0), "EndTime": seconds(1), "GroupName": "g"});
    let graph = bench.call::<GetServiceGraph>(range.clone()).await.unwrap();
    assert_eq!(graph["Services"].as_array().unwrap().len(), 2, "the service and its client");
    bench.call::<UpdateGroup>(json!({"GroupARN": arn, "FilterExpression": "ok"})).await.unwrap();
    assert_eq!(bench.call::<GetServiceGraph>(range).await.unwrap()["Services"], json!([]));
    for (input, reason) in [
        (json!({"GroupName": "g"}), "already exists"),
        (json!({"GroupName": "Default"}), "reserved"),
        (json!({"GroupName": "h", "FilterExpression": "x"}), "x is not a keyword"),
        (json!({"GroupName": "h", "FilterExpression": "group.name = \"g\""}), "cannot name groups"),
        (json!({"GroupName": "h", "Tags": [{"Key": "a", "Value": "b"}]}), "not supported"),
    ] {
        let refused = bench.refused::<CreateGroup>(input).await;
        assert!(refused.contains(reason), "{refused}");
    }
    bench.call::<DeleteGroup>(json!({"GroupName": "g"})).await.unwrap();
    assert!(bench.refused::<GetGroup>(json!({"GroupName": "g"})).await.contains("not found"));
}

fn rule(name: &str, priority: u32) -> Json {
    json!({"SamplingRule": {
        "RuleName": name, "ResourceARN": "*", "Priority": priority, "FixedRate": 0.5, "ReservoirSize": 4, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    }})
}

#[tokio::test]
async fn rules_come_by_priority_and_the_default_rule_is_always_there() {
    let bench = Bench::new();
    bench.call::<CreateSamplingRule>(rule("late", 9)).await.unwrap();
    bench.call::<CreateSamplingRule>(rule("early", 1)).await.unwrap();
    let update = json!({"SamplingRuleUpdate": {"RuleName": "Default", "FixedRate": 1.0}});
    bench.call::<UpdateSamplingRule>(update).await.unwrap();
    let rules = bench.call::<GetSamplingRules>(json!({})).await.unwrap();
    let rules: Vec<(&str, f64)> = rules["SamplingRuleRecords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let rule = &record["SamplingRule"];
            (rule["RuleName"].as_str().unwrap(), rule["FixedRate"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(rules, [("early", 0.5), ("late", 0.5), ("Default", 1.0)]);
    let refused = bench
        .refused::<UpdateSamplingRule>(json!({"SamplingRuleUpdate": {"RuleName": "Default", "Host": "x"}}))
        .await;
    assert!(refused.contains("only FixedRate and ReservoirSize"), "{refused}");
    assert!(
        bench
            .refused::<DeleteSamplingRule>(json!({"RuleName": "Default"}))
            .await
            .contains("cannot be deleted")
    );
    assert!(bench.refused::<CreateSamplingRule>(rule("late", 3)).await.contains("already exists"));
    assert!(bench.refused::<CreateSamplingRule>(rule("x", 0)).await.contains("between 1 and 9999"));
    for number in 0..23 {
        bench.call::<CreateSamplingRule>(rule(&format!("r{number}"), 5)).await.unwrap();
    }
    assert!(
        bench.refused::<CreateSamplingRule>(rule("x", 3)).await.starts_with("RuleLimitExceededException")
    );
    bench.call::<DeleteSamplingRule>(json!({"RuleName": "late"})).await.unwrap();
    assert!(
        bench.refused::<DeleteSamplingRule>(json!({"RuleName": "late"})).await.contains("does not exist")
    );
}

#[tokio::test]
async fn a_reservoir_is_shared_among_those_who_report() {
    let bench = Bench::new();
    bench.call::<CreateSamplingRule>(rule("r", 1)).await.unwrap();
    let report = |rule: &str, client: &str| {
        json!({"SamplingStatisticsDocuments": [{
            "RuleName": rule, "ClientID": client.repeat(24), "Timestamp": seconds(0), "RequestCount": 10, "SampledCount": 3, "BorrowCount": 1,
        }]})
    };
    let first = bench.call::<GetSamplingTargets>(report("r", "a")).await.unwrap();
    let target = &first["SamplingTargetDocuments"][0];
    assert_eq!(
        (&target["ReservoirQuota"], &target["FixedRate"], &target["Interval"]),
        (&json!(4), &json!(0.5), &json!(10))
    );
    assert!(first["LastRuleModification"].as_f64().unwrap() > 0.0);
    let second = bench.call::<GetSamplingTargets>(report("r", "b")).await.unwrap();
    assert_eq!(second["SamplingTargetDocuments"][0]["ReservoirQuota"], 2);
    let unknown = bench.call::<GetSamplingTargets>(report("x", "b")).await.unwrap();
    assert_eq!(unknown["UnprocessedStatistics"][0]["RuleName"], "x");
    let summaries = bench.call::<GetSamplingStatisticSummaries>(json!({})).await.unwrap();
    let summary = &summaries["SamplingStatisticSummaries"][0];
    assert_eq!(
        (&summary["RequestCount"], &summary["SampledCount"], &summary["BorrowCount"]),
        (&json!(20), &json!(6), &json!(2))
    );
}

#[tokio::test]
async fn datagrams_are_segments_behind_a_header_line_and_wrong_ones_are_dropped() {
    let bench = Bench::new();
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let tasks = service::Tasks::default();
    tasks.spawn("daemon", crate::daemon::receive(Arc::clone(&bench.xray), socket, tasks.stop()));
    let sender = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sent = |text: String| {
        let sender = &sender;
        async move { sender.send_to(text.as_bytes(), address).await.unwrap() }
    };
    let grown = engine::History::grown(&*bench.local);
    sent("junk".to_owned()).await;
    sent(format!("{{\"format\": \"xml\", \"version\": 1}}\n{}", segment("wrong", 7))).await;
    sent("{\"format\": \"json\", \"version\": 1}\n{}".to_owned()).await;
    sent(format!("{{\"format\": \"json\", \"version\": 1}}\n{}", segment("right", 8))).await;
    grown.await;
    let names: Vec<Json> = bench.segments().await.iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["right"]);
    tasks.shut_down().await;
}

#[tokio::test]
async fn without_a_history_a_segment_that_is_right_is_told_to_be_unprocessed() {
    let bench = Bench::with(None);
    let told = bench.put(segment("shop", 1)).await;
    assert_eq!((&told[0]["Id"], &told[0]["ErrorCode"]), (&json!("0000000000000001"), &json!("HistoryIsOff")));
    assert!(told[0]["Message"].as_str().unwrap().contains("--history off"), "{told}");
    let wrong = bench.put(json!({"name": "shop"})).await;
    assert_eq!(wrong[0]["ErrorCode"], "MissingId", "what is wrong is told first");
    assert_eq!(Bench::new().put(segment("shop", 1)).await, json!([]));
}

#[tokio::test]
async fn traces_are_not_encrypted_with_keys_and_that_is_what_is_answered() {
    let bench = Bench::new();
    let none = json!({"EncryptionConfig": {"Status": "ACTIVE", "Type": "NONE"}});
    assert_eq!(bench.call::<GetEncryptionConfig>(json!({})).await.unwrap(), none);
    assert_eq!(bench.call::<PutEncryptionConfig>(json!({"Type": "NONE"})).await.unwrap(), none);
    let refused = bench.refused::<PutEncryptionConfig>(json!({"Type": "KMS", "KeyId": "alias/k"})).await;
    assert!(refused.starts_with("InvalidRequestException") && refused.contains("KMS"), "{refused}");
    let refused = bench.refused::<PutEncryptionConfig>(json!({"Type": "AES"})).await;
    assert!(refused.contains("enum value set: [NONE, KMS]"), "{refused}");
}

#[tokio::test]
async fn a_group_without_insights_has_none_and_one_that_is_to_have_them_is_told_so() {
    let bench = Bench::new();
    for (name, enabled) in [("quiet", false), ("watched", true)] {
        let insights = json!({"InsightsEnabled": enabled});
        let group =
            json!({"GroupName": name, "FilterExpression": "fault", "InsightsConfiguration": insights});
        bench.call::<CreateGroup>(group).await.unwrap();
    }
    let of = |name: &str| json!({"GroupName": name, "StartTime": seconds(0), "EndTime": seconds(1)});
    for name in ["Default", "quiet"] {
        let summaries = bench.call::<GetInsightSummaries>(of(name)).await.unwrap();
        assert_eq!(summaries, json!({"InsightSummaries": []}));
    }
    assert!(bench.refused::<GetInsightSummaries>(of("watched")).await.contains("makes no insights"));
    assert!(bench.refused::<GetInsightSummaries>(of("nowhere")).await.contains("Group not found"));
    let one = json!({"InsightId": "12345678-1234-1234-8234-123456789012"});
    let refused = bench.refused::<GetInsight>(one).await;
    assert!(
        refused.starts_with("InvalidRequestException") && refused.contains("does not exist"),
        "{refused}"
    );
}
