//! Journeys through the API: a publish, its queue, the function, what the function does, a failure and its dead letter.

use std::time::Duration;

use http::Method;
use serde_json::{Value as Json, json};

use crate::in_process::Server;
use crate::publish_to_function::package;

/// Sends each record's message on, under the trace of the invocation as AWS SDKs do; fails for `bad`.
const BOOTSTRAP: &str = r#"def aws(service, trace, method, path, body, **headers):
    scope = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0" % (
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"], service)
    return call(home, method, path, body, {"Authorization": scope, "X-Amzn-Trace-Id": trace, **headers}).read()
while True:
    answer = call(api, "GET", "/2018-06-01/runtime/invocation/next")
    request_id, trace = answer.getheader("Lambda-Runtime-Aws-Request-Id"), answer.getheader("Lambda-Runtime-Trace-Id")
    event, failures = json.loads(answer.read()), []
    for record in event["Records"]:
        message = json.loads(record["body"])["Message"]
        print("got", message, flush=True)
        if "bad" in message:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        aws("s3", trace, "PUT", "/work/" + json.loads(message)["request_id"] + ".json", message)
        url = os.environ["AWS_ENDPOINT_URL"] + "/" + os.environ["AWS_ACCESS_KEY_ID"] + "/out"
        aws("sqs", trace, "POST", "/", json.dumps({"QueueUrl": url, "MessageBody": message}),
            **{"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"})
    call(api, "POST", "/2018-06-01/runtime/invocation/%s/response" % request_id, json.dumps({"batchItemFailures": failures})).read()
"#;

impl Server {
    async fn get(&self, path: &str) -> Json {
        self.client.rest("konekuta", Method::GET, path, None).await.unwrap()
    }

    /// The journey that a text finds, once it fits.
    async fn journey(&self, text: &str, fits: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..200 {
            let path = format!("/_konekuta/api/journeys/{text}?wait=5&hops=0");
            let journey = self.client.rest("konekuta", Method::GET, &path, None).await;
            match journey {
                Ok(journey) if fits(&journey) => return journey,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("{text}: {}", self.get(&format!("/_konekuta/api/journeys/{text}")).await)
    }

    async fn function(&self, queue_arn: &str) {
        let function = json!({
            "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x",
            "Role": "arn:aws:iam::111122223333:role/any", "Code": {"ZipFile": package(BOOTSTRAP)},
        });
        self.client.rest("lambda", Method::POST, "/2015-03-31/functions", Some(&function)).await.unwrap();
        let mapping = json!({
            "FunctionName": "f", "EventSourceArn": queue_arn,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        });
        let path = "/2015-03-31/event-source-mappings";
        self.client.rest("lambda", Method::POST, path, Some(&mapping)).await.unwrap();
    }
}

fn kinds(journey: &Json) -> Vec<(u64, &str)> {
    let hops = journey["hops"].as_array().unwrap();
    hops.iter().map(|hop| (hop["depth"].as_u64().unwrap(), hop["kind"].as_str().unwrap())).collect()
}

fn hop<'a>(journey: &'a Json, kind: &str) -> &'a Json {
    journey["hops"].as_array().unwrap().iter().find(|hop| hop["kind"] == kind).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_journey_from_a_publish_through_a_function_to_the_next_queue_and_a_failure_to_its_dead_letter() {
    let server = Server::start().await;
    let (out, _) = server.queue("out").await;
    let (_, dead_arn) = server.queue("dead").await;
    let redrive = json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}).to_string();
    let attributes = json!({"VisibilityTimeout": "3", "RedrivePolicy": redrive});
    server.sqs("CreateQueue", json!({"QueueName": "in", "Attributes": attributes})).await;
    let in_arn = "arn:aws:sqs:eu-west-1:111122223333:in";
    server.client.rest("s3", Method::PUT, "/work", None).await.unwrap_or_default();
    server.function(in_arn).await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    server.allow(in_arn, "sns.amazonaws.com", &topic).await;
    server.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", in_arn)]).await;
    let filter = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "sqs"),
        ("Endpoint", "arn:aws:sqs:eu-west-1:111122223333:out"),
        ("Attributes.entry.1.key", "FilterPolicy"),
        ("Attributes.entry.1.value", r#"{"colour": ["red"]}"#),
    ];
    server.sns("Subscribe", &filter).await;
    server.sns("Publish", &[("TopicArn", &topic), ("Message", r#"{"request_id": "r-1"}"#)]).await;
    server.next_body(&out).await;

    let settled = |journey: &Json| kinds(journey).iter().filter(|(_, kind)| *kind == "delete").count() == 1;
    let journey = server.journey("r-1", settled).await;
    let expected = [
        (0, "publish"),
        (1, "send"),
        (2, "receive"),
        (3, "invoke"),
        (4, "call"),
        (4, "send"),
        (5, "receive"),
        (3, "delete"),
        (1, "filter"),
    ];
    let mut found = kinds(&journey);
    found.sort_unstable();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{journey:#}");
    assert_eq!(hop(&journey, "call")["notes"]["key"], "r-1.json");
    assert_eq!(hop(&journey, "call")["notes"]["size"], "21");
    assert!(hop(&journey, "filter")["notes"]["reason"].as_str().unwrap().contains("colour"));
    let invoke = hop(&journey, "invoke");
    assert_eq!((&invoke["notes"]["start"], &invoke["outcome"]), (&json!("cold"), &json!("ok")));
    assert!(invoke["notes"]["log"].as_str().unwrap().contains("got {"), "{invoke}");
    assert_eq!(journey["journey"]["outcome"], "running", "the message in the second queue waits");

    // By every name.
    let publish = hop(&journey, "publish");
    for name in [
        publish["messageId"].as_str().unwrap(),
        publish["notes"]["requestId"].as_str().unwrap(),
        invoke["requestId"].as_str().unwrap(),
        hop(&journey, "send")["messageId"].as_str().unwrap(),
        journey["journey"]["id"].as_str().unwrap(),
        "r-1.json",
        "request_id=r-1",
    ] {
        assert_eq!(
            server.get(&format!("/_konekuta/api/journeys/{name}")).await["journey"]["id"],
            journey["journey"]["id"],
            "{name}"
        );
    }
    let payload = invoke["payload"]["href"].as_str().unwrap();
    assert_eq!(server.get(payload).await["Records"][0]["eventSource"], "aws:sqs");
    let send = hop(&journey, "send")["payload"]["href"].as_str().unwrap();
    assert_eq!(server.get(send).await["Message"], r#"{"request_id": "r-1"}"#);

    // A failure.
    server.sns("Publish", &[("TopicArn", &topic), ("Message", r#"{"request_id": "bad-2"}"#)]).await;
    let failed = server.journey("bad-2", |journey| journey["journey"]["outcome"] == "failed").await;
    let comes_back = hop(&failed, "return");
    assert_eq!(comes_back["outcome"], "failed");
    assert_eq!(hop(&failed, "deadLetter")["resource"], dead_arn.as_str());
    let list = server.get("/_konekuta/api/journeys?outcome=failed").await;
    assert_eq!(list["journeys"].as_array().unwrap().len(), 1, "{list:#}");
    assert_eq!(list["journeys"][0]["id"], failed["journey"]["id"]);
    let all = server.get("/_konekuta/api/journeys?resource=in").await;
    assert_eq!(all["journeys"].as_array().unwrap().len(), 2);
    let none = server.get("/_konekuta/api/journeys?q=nothing").await;
    assert_eq!(none, json!({"journeys": []}));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_ends_where_it_is_to_end_and_what_is_held_back_is_told() {
    let server = Server::start().await;
    let (out, out_arn) = server.queue("out").await;
    server.sqs("CreateQueue", json!({"QueueName": "in", "Attributes": {"VisibilityTimeout": "3"}})).await;
    let in_arn = "arn:aws:sqs:eu-west-1:111122223333:in";
    server.client.rest("s3", Method::PUT, "/work", None).await.unwrap_or_default();
    server.function(in_arn).await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    for queue in [in_arn, out_arn.as_str()] {
        server.allow(queue, "sns.amazonaws.com", &topic).await;
        server.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", queue)]).await;
    }
    server.sns("Publish", &[("TopicArn", &topic), ("Message", r#"{"request_id": "r-1"}"#)]).await;
    // Once from the topic, once from the function.
    server.next_body(&out).await;
    server.next_body(&out).await;
    let deleted = |journey: &Json| kinds(journey).iter().any(|(_, kind)| *kind == "delete");
    server.journey("r-1", deleted).await;

    let replay = async |to: &str, run: &str| {
        let input = json!({"journey": "r-1", "from": "topic:t", "to": to, "run": run});
        let path = "/_konekuta/api/replays";
        server.client.rest("konekuta", Method::POST, path, Some(&input)).await
    };
    let replayed = replay("function:f", "one").await.unwrap();
    assert_eq!(replayed["way"], json!([topic, in_arn, "arn:aws:lambda:eu-west-1:111122223333:function:f"]));
    let trace = replayed["replays"][0]["journey"].as_str().unwrap();
    let journey = server.journey(trace, deleted).await;
    let outcome = |kind: &str, resource: &str| -> Vec<String> {
        let hops = journey["hops"].as_array().unwrap().iter();
        let those = hops.filter(|hop| hop["kind"] == kind && hop["resource"] == resource);
        those.map(|hop| format!("{} {}", hop["outcome"].as_str().unwrap(), hop["notes"]["reason"])).collect()
    };
    let held = "skipped \"held back: the replay does not go on here\"";
    assert_eq!(outcome("send", in_arn), ["ok null"], "{journey:#}");
    assert_eq!(outcome("send", &out_arn), [held, held], "neither from the topic nor from the function");
    assert_eq!(outcome("call", "arn:aws:s3:::work"), ["ok null"], "its own work is done");
    assert_eq!(journey["journey"]["outcome"], "ok");
    let send = journey["hops"].as_array().unwrap().iter().rfind(|hop| hop["outcome"] == "skipped").unwrap();
    assert!(send["payload"]["bytes"].as_u64().unwrap() > 0, "what would have gone on is kept");

    // A queue at the end gets nothing that others would take from it.
    let replayed = replay("queue:in", "two").await.unwrap();
    let trace = replayed["replays"][0]["journey"].as_str().unwrap();
    let ended = |journey: &Json| journey["hops"].as_array().unwrap().len() == 4;
    let journey = server.journey(trace, ended).await;
    let at_the_end =
        journey["hops"].as_array().unwrap().iter().find(|hop| hop["resource"] == in_arn).unwrap();
    assert_eq!(at_the_end["notes"]["reason"], "held back: the replay ends here", "{journey:#}");

    let wrong = replay("queue:out", "three").await;
    assert!(wrong.is_ok(), "the topic sends there");
    server.queue("elsewhere").await;
    let unknown = replay("queue:elsewhere", "four").await.unwrap_err().to_string();
    assert!(unknown.contains("what lies between is not known"), "{unknown}");
    let counts = json!({"QueueUrl": out, "AttributeNames": ["ApproximateNumberOfMessages"]});
    assert_eq!(
        server.sqs("GetQueueAttributes", counts).await["Attributes"]["ApproximateNumberOfMessages"],
        "0",
        "nothing came after the first two"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_is_found_by_the_key_that_a_tag_of_its_queue_or_topic_names() {
    let server = Server::start().await;
    let tags = json!({"konekuta:key": "order.id lines.sku"});
    server.sqs("CreateQueue", json!({"QueueName": "orders", "tags": tags})).await;
    let url = server.sqs("GetQueueUrl", json!({"QueueName": "orders"})).await["QueueUrl"].clone();
    let body = json!({"order": {"id": 4711}, "lines": [{"sku": "tea"}, {"sku": "cup"}]}).to_string();
    server.sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await;
    for key in ["4711", "cup", "sku=tea"] {
        let journey = server.journey(key, |_| true).await;
        assert_eq!(hop(&journey, "send")["kind"], "send", "{key}");
    }
    let topic =
        [("Name", "t"), ("Tags.member.1.Key", "konekuta:key"), ("Tags.member.1.Value", "$.customer.name")];
    let topic = server.sns("CreateTopic", &topic).await.element("TopicArn").unwrap();
    let message = r#"{"customer": {"name": "Sato"}}"#;
    server.sns("Publish", &[("TopicArn", &topic), ("Message", message)]).await;
    assert_eq!(hop(&server.journey("Sato", |_| true).await, "publish")["resource"], topic.as_str());

    let wrong = json!({"QueueUrl": url, "Tags": {"konekuta:key": "a..b"}});
    let refused = server.client.json("sqs", "AmazonSQS.TagQueue", &wrong).await.unwrap_err().to_string();
    assert!(refused.contains("is no JSON path"), "{refused}");
    server.sqs("UntagQueue", json!({"QueueUrl": url, "TagKeys": ["konekuta:key"]})).await;
    let body = json!({"order": {"id": 4712}}).to_string();
    let sent = server.sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await;
    server.journey(sent["MessageId"].as_str().unwrap(), |_| true).await;
    assert_eq!(server.get("/_konekuta/api/journeys?q=4712").await, json!({"journeys": []}));
    server.stop().await;
}

impl Server {
    async fn failures(&self, query: &str) -> Vec<Json> {
        let listed = self.get(&format!("/_konekuta/api/failures?{query}")).await;
        listed["failures"].as_array().unwrap().clone()
    }

    async fn replay(&self, failure: &Json) -> Json {
        let input = json!({"hop": failure["hop"], "run": "mended"});
        let path = "/_konekuta/api/replays";
        self.client.rest("konekuta", Method::POST, path, Some(&input)).await.unwrap()["replays"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_and_is_nowhere_any_more_is_a_failure_and_is_replayed_once() {
    let server = Server::start().await;
    server.sqs("CreateQueue", json!({"QueueName": "in", "Attributes": {"VisibilityTimeout": "3"}})).await;
    let in_arn = "arn:aws:sqs:eu-west-1:111122223333:in";
    server.function(in_arn).await;
    let url = server.sqs("GetQueueUrl", json!({"QueueName": "in"})).await["QueueUrl"].clone();
    let body = r#"{"Message": "bad", "request_id": "r-9"}"#;
    server.sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await;
    server.journey("r-9", |journey| kinds(journey).iter().any(|(_, kind)| *kind == "return")).await;
    assert!(server.failures("from=f").await.is_empty(), "it will be tried again");
    server.sqs("PurgeQueue", json!({"QueueUrl": url})).await;
    let failures = server.failures("from=f&run=mended").await;
    assert_eq!((failures.len(), &failures[0]["from"]), (1, &json!(in_arn)), "{failures:?}");
    assert_eq!(server.replay(&failures[0]).await["state"], "replayed");
    assert_eq!(server.replay(&failures[0]).await["state"], "before");
    assert_eq!(server.failures("from=in&run=mended").await[0]["replayed"], true);

    // A subscriber that never got its message, and has no dead-letter queue.
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    let (closed, closed_arn) = server.queue("closed").await;
    server.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", &closed_arn)]).await;
    server.sns("Publish", &[("TopicArn", &topic), ("Message", "for nobody")]).await;
    let failures = server.failures("from=topic:t&run=mended").await;
    assert_eq!((failures.len(), &failures[0]["to"]), (1, &json!("")), "{failures:?}");
    assert_eq!(server.failures("from=closed").await.len(), 1, "found by its subscriber too");
    server.allow(&closed_arn, "sns.amazonaws.com", &topic).await;
    assert_eq!(server.replay(&failures[0]).await["state"], "replayed");
    assert!(server.next_body(&closed).await.contains("for nobody"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_out_of_a_dead_letter_queue_and_a_text_message_are_hops() {
    let server = Server::start().await;
    let (dead, dead_arn) = server.queue("dead").await;
    let redrive = json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}).to_string();
    let attributes = json!({"VisibilityTimeout": "0", "RedrivePolicy": redrive});
    let source = server.sqs("CreateQueue", json!({"QueueName": "source", "Attributes": attributes})).await;
    let url = source["QueueUrl"].as_str().unwrap();
    let sent =
        server.sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": r#"{"order": "o-1"}"#})).await;
    server.next_body(url).await;
    server.sqs("ReceiveMessage", json!({"QueueUrl": url})).await;
    server.journey("o-1", |journey| kinds(journey).iter().any(|(_, kind)| *kind == "deadLetter")).await;
    server.sqs("StartMessageMoveTask", json!({"SourceArn": dead_arn})).await;
    let again = server.sqs("ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20})).await;
    let (handle, id) = (&again["Messages"][0]["ReceiptHandle"], &again["Messages"][0]["MessageId"]);
    assert_ne!(id, &sent["MessageId"]);
    server.sqs("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
    let done = |journey: &Json| journey["journey"]["outcome"] == "ok";
    let journey = server.journey("o-1", done).await;
    let moved = journey["hops"].as_array().unwrap().iter().find(|hop| hop["notes"]["movedFrom"].is_string());
    let moved = moved.unwrap_or_else(|| panic!("{journey:#}"));
    assert_eq!((&moved["messageId"], &moved["kind"]), (id, &json!("send")));
    assert!(moved["depth"].as_u64().unwrap() > 1, "behind the dead letter: {journey:#}");
    assert_eq!(kinds(&journey).last().unwrap().1, "delete");
    server.sqs("ReceiveMessage", json!({"QueueUrl": dead})).await;

    // A call without a trace that is refused is a journey by itself, and a failed one.
    let wrong = json!({"QueueUrl": url, "MessageBody": ""});
    server.client.json("sqs", "AmazonSQS.SendMessage", &wrong).await.unwrap_err();
    let listed = server.get("/_konekuta/api/journeys?outcome=failed").await;
    assert_eq!(listed["journeys"][0]["title"], "SendMessage sqs:SendMessage", "{listed:#}");

    let text = [("PhoneNumber", "+15550100"), ("Message", r#"{"code": "c-42"}"#)];
    server.sns("Publish", &text).await;
    let delivered = |journey: &Json| kinds(journey).iter().any(|(_, kind)| *kind == "deliver");
    let journey = server.journey("c-42", delivered).await;
    let kinds: Vec<&str> = kinds(&journey).iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, ["call", "send", "deliver"]);
    assert_eq!(hop(&journey, "deliver")["notes"]["protocol"], "sms");
    server.stop().await;
}
