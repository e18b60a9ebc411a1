//! What is to end at a step ends there, by whatever way something goes on: FIFO topics, destinations, buckets'
//! notifications; and answers that are streamed are hops like all others.

use std::time::Duration;

use client::{Answer, Call};
use http::Method;
use serde_json::{Value as Json, json};

use crate::in_process::Server;
use crate::publish_to_function::package;

/// Puts an object under the trace of the invocation, as AWS SDKs do, and streams its answer where it is asked to.
const BOOTSTRAP: &str = r#"while True:
    answer = call(api, "GET", "/2018-06-01/runtime/invocation/next")
    request_id, trace = answer.getheader("Lambda-Runtime-Aws-Request-Id"), answer.getheader("Lambda-Runtime-Trace-Id")
    event = json.loads(answer.read())
    scope = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/s3/aws4_request, SignedHeaders=host, Signature=0" % (
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])
    call(home, "PUT", "/work/" + request_id, "{}", {"Authorization": scope, "X-Amzn-Trace-Id": trace}).read()
    path, headers, body = "/2018-06-01/runtime/invocation/%s/response" % request_id, {}, b"[1,2]"
    if "stream" in json.dumps(event):
        headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"}
        body = iter([b"[1,", b"2]"])
    connection = http.client.HTTPConnection(api)
    connection.request("POST", path, body, headers, encode_chunked=bool(headers))
    connection.getresponse().read()
"#;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f";

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:111122223333:{queue}")
}

impl Server {
    async fn api(&self, path: &str, input: &Json) -> Result<Json, String> {
        let path = format!("/_konekuta/api/{path}");
        let answer = self.client.rest("konekuta", Method::POST, &path, Some(input)).await;
        answer.map_err(|error| error.to_string())
    }

    /// The trace of a start or replay.
    async fn run_to(&self, input: Json) -> String {
        let path = if input.get("step").is_some() { "start" } else { "replays" };
        let answer = self.api(path, &input).await.unwrap();
        let trace = answer["journey"].as_str().or(answer["replays"][0]["journey"].as_str());
        trace.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The outcomes of a journey's hops of a kind at a resource, once there are so many.
    async fn outcomes(&self, trace: &str, kind: &str, resource: &str, count: usize) -> Vec<String> {
        let mut journey = Json::Null;
        for _ in 0..200 {
            let path = format!("/_konekuta/api/journeys/{trace}?wait=5&hops=0");
            if let Ok(found) = self.client.rest("konekuta", Method::GET, &path, None).await {
                let hops = found["hops"].as_array().unwrap().iter();
                let those = hops.filter(|hop| hop["kind"] == kind && hop["resource"] == resource);
                let outcomes: Vec<String> =
                    those.map(|hop| hop["outcome"].as_str().unwrap().to_owned()).collect();
                if outcomes.len() >= count && !outcomes.iter().any(|outcome| outcome == "running") {
                    return outcomes;
                }
                journey = found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} × {kind} at {resource} in {journey:#}")
    }

    async fn put(&self, path: &str, body: String) -> Answer {
        let headers = vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())];
        let call = Call { service: "s3", method: Method::PUT, path, headers, body: body.into() };
        self.client.send(call).await.unwrap()
    }

    async fn rest_lambda(&self, method: Method, path: &str, input: Json) -> Json {
        self.client.rest("lambda", method, path, Some(&input)).await.unwrap()
    }

    /// Makes a function and waits until it can be called and changed.
    async fn working_function(&self) {
        self.put("/work", String::new()).await.success().unwrap();
        let function = json!({
            "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x",
            "Role": "arn:aws:iam::111122223333:role/any", "Code": {"ZipFile": package(BOOTSTRAP)},
        });
        self.rest_lambda(Method::POST, "/2015-03-31/functions", function).await;
        let path = "/2015-03-31/functions/f/configuration";
        for _ in 0..200 {
            let configuration = self.client.rest("lambda", Method::GET, path, None).await.unwrap();
            if configuration["State"] == "Active" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the function does not become active");
    }

    async fn waiting(&self, queue: &str) -> String {
        let url = format!("{}/111122223333/{queue}", self.endpoint);
        let names = json!(["ApproximateNumberOfMessages"]);
        let counts = self.sqs("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": names})).await;
        counts["Attributes"]["ApproximateNumberOfMessages"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_fifo_topic_only_the_way_is_gone() {
    let server = Server::start().await;
    let fifo = json!({"FifoQueue": "true", "VisibilityTimeout": "3"});
    for name in ["one.fifo", "two.fifo"] {
        server.sqs("CreateQueue", json!({"QueueName": name, "Attributes": fifo})).await;
    }
    server.working_function().await;
    let mapping = json!({"FunctionName": "f", "EventSourceArn": arn("one.fifo")});
    server.rest_lambda(Method::POST, "/2015-03-31/event-source-mappings", mapping).await;
    let attributes = [
        ("Name", "t.fifo"),
        ("Attributes.entry.1.key", "FifoTopic"),
        ("Attributes.entry.1.value", "true"),
        ("Attributes.entry.2.key", "ContentBasedDeduplication"),
        ("Attributes.entry.2.value", "true"),
    ];
    let topic = server.sns("CreateTopic", &attributes).await.element("TopicArn").unwrap();
    for queue in [arn("one.fifo"), arn("two.fifo")] {
        server.allow(&queue, "sns.amazonaws.com", &topic).await;
        server.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", &queue)]).await;
    }
    let message =
        [("TopicArn", topic.as_str()), ("Message", r#"{"request_id": "r-1"}"#), ("MessageGroupId", "g")];
    server.sns("Publish", &message).await;
    assert_eq!(server.outcomes("r-1", "delete", &arn("one.fifo"), 1).await, ["ok"]);
    assert_eq!(server.waiting("two.fifo").await, "1");

    let replay = json!({"journey": "r-1", "from": "topic:t.fifo", "to": "function:f", "run": "one"});
    let trace = server.run_to(replay).await;
    assert_eq!(server.outcomes(&trace, "invoke", FUNCTION, 1).await, ["ok"]);
    assert_eq!(server.outcomes(&trace, "send", &arn("one.fifo"), 1).await, ["ok"]);
    assert_eq!(server.outcomes(&trace, "send", &arn("two.fifo"), 1).await, ["skipped"]);

    // A start without any journey: by the subscription and the mapping; and to that queue alone.
    let trace = server.run_to(json!({"step": "queue:one.fifo", "message": "{}", "to": "f"})).await;
    assert_eq!(server.outcomes(&trace, "invoke", FUNCTION, 1).await, ["ok"]);
    assert_eq!(server.outcomes(&trace, "send", &arn("one.fifo"), 1).await, ["ok"]);
    let trace = server.run_to(json!({"step": "topic:t.fifo", "message": "{}", "to": "queue:two.fifo"})).await;
    assert_eq!(server.outcomes(&trace, "send", &arn("two.fifo"), 1).await, ["skipped"]);
    assert_eq!(server.outcomes(&trace, "send", &arn("one.fifo"), 1).await, ["skipped"]);
    assert_eq!(server.waiting("two.fifo").await, "1", "nothing came after the first");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_of_the_end_reaches_neither_its_destination_nor_whom_its_bucket_tells() {
    let server = Server::start().await;
    for queue in ["done", "told"] {
        server.queue(queue).await;
    }
    server.working_function().await;
    server.allow(&arn("told"), "s3.amazonaws.com", "arn:aws:s3:::work").await;
    let configuration = format!(
        "<NotificationConfiguration><QueueConfiguration><Queue>{}</Queue><Event>s3:ObjectCreated:*</Event>\
         </QueueConfiguration></NotificationConfiguration>",
        arn("told")
    );
    server.put("/work?notification=", configuration).await.success().unwrap();
    let destination = json!({"DestinationConfig": {"OnSuccess": {"Destination": arn("done")}}});
    server.rest_lambda(Method::PUT, "/2019-09-25/functions/f/event-invoke-config", destination).await;
    let trace = server.run_to(json!({"step": "function:f", "message": {"request_id": "r-1"}})).await;
    assert_eq!(server.outcomes(&trace, "send", &arn("done"), 1).await, ["ok"]);
    assert_eq!(server.outcomes(&trace, "send", &arn("told"), 1).await, ["ok"]);
    let before = (server.waiting("done").await, server.waiting("told").await);

    // At the function: its work is done, and neither its record nor its bucket's event goes on.
    for (input, name) in [
        (json!({"journey": trace, "from": "function:f", "to": "function:f", "run": "one"}), "replay"),
        (json!({"step": "function:f", "message": {"request_id": "r-2"}, "to": "f"}), "start"),
    ] {
        let ended = server.run_to(input).await;
        assert_eq!(server.outcomes(&ended, "invoke", FUNCTION, 1).await, ["ok"], "{name}");
        assert_eq!(server.outcomes(&ended, "call", "arn:aws:s3:::work", 1).await, ["ok"], "{name}");
        assert_eq!(server.outcomes(&ended, "send", &arn("done"), 1).await, ["skipped"], "{name}");
        assert_eq!(server.outcomes(&ended, "send", &arn("told"), 1).await, ["skipped"], "{name}");
    }
    // At the queue that its bucket tells: as journeys of late went there; the destination lies beside the way.
    let ended = server.run_to(json!({"step": "f", "request": "r-1", "to": "queue:told"})).await;
    assert_eq!(server.outcomes(&ended, "invoke", FUNCTION, 1).await, ["ok"]);
    assert_eq!(server.outcomes(&ended, "send", &arn("told"), 1).await, ["skipped"]);
    assert_eq!(server.outcomes(&ended, "send", &arn("done"), 1).await, ["skipped"]);
    assert_eq!((server.waiting("done").await, server.waiting("told").await), before);

    server.queue("elsewhere").await;
    let unknown = json!({"step": "f", "message": "{}", "to": "queue:elsewhere"});
    let unknown = server.api("start", &unknown).await.unwrap_err();
    assert!(unknown.contains("what lies between") && unknown.contains("is not known"), "{unknown}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buckets_event_that_came_to_nobody_is_a_failure_and_is_replayed_once() {
    let server = Server::start().await;
    let (url, _) = server.queue("told").await;
    server.working_function().await;
    server.allow(&arn("told"), "s3.amazonaws.com", "arn:aws:s3:::work").await;
    let configuration = format!(
        "<NotificationConfiguration><QueueConfiguration><Id>news</Id><Queue>{}</Queue>\
         <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>",
        arn("told")
    );
    server.put("/work?notification=", configuration).await.success().unwrap();
    server.next_body(&url).await;
    server.allow(&arn("told"), "s3.amazonaws.com", "arn:aws:s3:::other").await;
    server.put("/work/a.json", "{}".to_owned()).await.success().unwrap();
    let failures = async |from: &str| {
        let path = format!("/_konekuta/api/failures?from={from}&run=mended");
        let listed = server.client.rest("konekuta", Method::GET, &path, None).await.unwrap();
        listed["failures"].as_array().unwrap().clone()
    };
    let failed = failures("queue:told").await;
    assert_eq!((failed.len(), &failed[0]["from"]), (1, &json!("arn:aws:s3:::work")), "{failed:?}");
    assert!(failed[0]["reason"].as_str().unwrap().contains("told"), "{failed:?}");
    let path = "/_konekuta/api/journeys/a.json";
    let journey = server.client.rest("konekuta", Method::GET, path, None).await.unwrap();
    assert_eq!(journey["journey"]["outcome"], "failed", "{journey:#}");

    server.allow(&arn("told"), "s3.amazonaws.com", "arn:aws:s3:::work").await;
    let replay = json!({"hop": failed[0]["hop"], "run": "mended"});
    assert_eq!(server.api("replays", &replay).await.unwrap()["replays"][0]["state"], "replayed");
    assert_eq!(server.api("replays", &replay).await.unwrap()["replays"][0]["state"], "before");
    let event: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "a.json");
    assert_eq!(failures("queue:told").await[0]["replayed"], true);

    // A function that is gone.
    let permission = json!({
        "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::work",
    });
    server.rest_lambda(Method::POST, "/2015-03-31/functions/f/policy", permission).await;
    let configuration = format!(
        "<NotificationConfiguration><CloudFunctionConfiguration><CloudFunction>{FUNCTION}</CloudFunction>\
         <Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration></NotificationConfiguration>"
    );
    server.put("/work?notification=", configuration).await.success().unwrap();
    let path = "/2015-03-31/functions/f/policy/s";
    server.client.rest("lambda", Method::DELETE, path, None).await.unwrap();
    server.put("/work/b.json", "{}".to_owned()).await.success().unwrap();
    let failed = failures("function:f").await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let replay = json!({"hop": failed[0]["hop"], "run": "mended", "to": ""});
    let replayed = server.api("replays", &replay).await.unwrap();
    let trace = replayed["replays"][0]["journey"].as_str().unwrap();
    assert_eq!(server.outcomes(trace, "invoke", FUNCTION, 1).await, ["ok"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_streamed_are_hops_with_all_that_the_function_does() {
    let server = Server::start().await;
    server.working_function().await;
    let url = json!({"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"});
    let url = server.rest_lambda(Method::POST, "/2021-10-31/functions/f/url", url).await;
    for permission in [
        json!({"StatementId": "u", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"}),
        json!({"StatementId": "i", "Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true}),
    ] {
        server.rest_lambda(Method::POST, "/2015-03-31/functions/f/policy", permission).await;
    }
    let id = url["FunctionUrl"].as_str().unwrap().trim_start_matches("http://").split('.').next().unwrap();
    let site = format!("/_konekuta/url/{id}/stream");
    let stream = "/2021-11-15/functions/f/response-streaming-invocations".to_owned();
    for (number, (path, body)) in [(stream, r#"{"stream": 1}"#), (site, "")].into_iter().enumerate() {
        let trace = format!("1-{:08x}-{number:024x}", 0x6955_b900);
        let call = Call {
            service: "lambda",
            method: Method::POST,
            path: &path,
            headers: vec![("x-amzn-trace-id", format!("Root={trace};Parent=00000000000000aa;Sampled=1"))],
            body: body.into(),
        };
        let answer = server.client.send(call).await.unwrap().success().unwrap().text();
        assert!(answer.contains("[1,") && answer.contains("2]"), "{path}: {answer:?}");
        assert_eq!(server.outcomes(&trace, "invoke", FUNCTION, 1).await, ["ok"], "{path}");
        assert_eq!(server.outcomes(&trace, "call", "arn:aws:s3:::work", 1).await, ["ok"], "{path}");
        let path = format!("/_konekuta/api/journeys/{trace}");
        let journey = server.client.rest("konekuta", Method::GET, &path, None).await.unwrap();
        let hops = journey["hops"].as_array().unwrap();
        let of_kind = |kind: &str| hops.iter().find(|hop| hop["kind"] == kind).unwrap();
        let (invoke, call) = (of_kind("invoke"), of_kind("call"));
        assert_eq!((hops.len(), &call["parent"]), (2, &invoke["span"]), "{journey:#}");
        assert!(
            invoke["notes"]["durationMs"].is_string() && invoke["notes"]["start"].is_string(),
            "{invoke}"
        );
        assert_eq!(journey["journey"]["outcome"], "ok", "{journey:#}");
    }
    server.stop().await;
}
