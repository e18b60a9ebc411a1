//! SNS → SQS → event source mapping → a function → SQS, with the failing record going to the dead-letter queue.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use http::Method;
use serde_json::json;

use crate::in_process::Server;

/// What all functions here begin with.
const BEGINNING: &str = r#"#!/usr/bin/env python3
import http.client, json, os, urllib.parse
api, home = os.environ["AWS_LAMBDA_RUNTIME_API"], urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
def call(host, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(host)
    connection.request(method, path, body, headers)
    return connection.getresponse()
"#;

/// Sends the body of each record on to the queue `out`; fails for one that says `bad`.
const BOOTSTRAP: &str = r#"while True:
    answer = call(api, "GET", "/2018-06-01/runtime/invocation/next")
    request_id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    failures = []
    for record in json.loads(answer.read())["Records"]:
        message = json.loads(record["body"])["Message"]
        if message == "bad":
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        scope = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/sqs/aws4_request, SignedHeaders=host, Signature=0" % (
            os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])
        url = os.environ["AWS_ENDPOINT_URL"] + "/" + os.environ["AWS_ACCESS_KEY_ID"] + "/out"
        call(home, "POST", "/", json.dumps({"QueueUrl": url, "MessageBody": message}),
             {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0", "Authorization": scope}).read()
    call(api, "POST", "/2018-06-01/runtime/invocation/%s/response" % request_id, json.dumps({"batchItemFailures": failures})).read()
"#;

/// A deployment package with a bootstrap in Python, by what it has of its own.
pub(crate) fn package(own: &str) -> String {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    zip.write_all([BEGINNING, own].concat().as_bytes()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(zip.finish().unwrap().into_inner())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_the_function_and_a_bad_one_the_dead_letters() {
    let server = Server::start().await;
    let (out, _) = server.queue("out").await;
    let (dead, dead_arn) = server.queue("dead").await;
    let redrive = json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}).to_string();
    let attributes = json!({"VisibilityTimeout": "3", "RedrivePolicy": redrive});
    server.sqs("CreateQueue", json!({"QueueName": "in", "Attributes": attributes})).await;
    let in_arn = "arn:aws:sqs:eu-west-1:111122223333:in";
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x",
        "Role": "arn:aws:iam::111122223333:role/any", "Code": {"ZipFile": package(BOOTSTRAP)},
    });
    server.client.rest("lambda", Method::POST, "/2015-03-31/functions", Some(&function)).await.unwrap();
    let mapping = json!({
        "FunctionName": "f", "EventSourceArn": in_arn, "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    server
        .client
        .rest("lambda", Method::POST, "/2015-03-31/event-source-mappings", Some(&mapping))
        .await
        .unwrap();
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    server.allow(in_arn, "sns.amazonaws.com", &topic).await;
    server.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", in_arn)]).await;
    for message in ["bad", "good"] {
        server.sns("Publish", &[("TopicArn", &topic), ("Message", message)]).await;
    }
    assert_eq!(server.next_body(&out).await, "good");
    assert!(server.next_body(&dead).await.contains("\"Message\":\"bad\""));
    server.stop().await;
}
