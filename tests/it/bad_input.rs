//! What must be refused.

use bytes::Bytes;
use client::Call;
use http::Method;
use serde_json::json;

use crate::in_process::Server;

async fn raw(server: &Server, headers: Vec<(&'static str, String)>, body: impl Into<Bytes>) -> (u16, String) {
    let call = Call { service: "sqs", method: Method::POST, path: "/", headers, body: body.into() };
    let answer = server.client.send(call).await.unwrap();
    assert!(answer.header("x-amzn-requestid").is_some(), "every answer has its request id");
    (answer.status.as_u16(), answer.text())
}

fn json_headers(target: &str) -> Vec<(&'static str, String)> {
    vec![("content-type", "application/x-amz-json-1.0".to_owned()), ("x-amz-target", target.to_owned())]
}

#[tokio::test]
async fn malformed_and_unknown_requests_are_refused_in_their_protocol() {
    let server = Server::start().await;
    let (status, text) = raw(&server, json_headers("AmazonSQS.SendMessage"), "{").await;
    assert!(status == 400 && text.contains("SerializationException"), "{status} {text}");
    let (status, text) = raw(&server, json_headers("AmazonSQS.Nonsense"), "{}").await;
    assert!(status == 404 && text.contains("UnknownOperationException"), "{status} {text}");
    let form = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let (status, text) = raw(&server, form, "Action=Nonsense&Version=2012-11-05").await;
    assert!(status == 400 && text.contains("<Code>InvalidAction</Code>"), "{status} {text}");
    let unknown = server.client.rest("lambda", Method::GET, "/2015-03-31/nonsense", None).await.unwrap_err();
    assert!(unknown.is("UnknownOperationException"), "{unknown}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_missing_or_too_large_is_refused() {
    let server = Server::start().await;
    let (url, _) = server.queue("q").await;
    let send = async |input: serde_json::Value| {
        server.client.json("sqs", "AmazonSQS.SendMessage", &input).await.unwrap_err().to_string()
    };
    let nowhere = send(json!({"QueueUrl": url.replace("/q", "/none"), "MessageBody": "x"})).await;
    assert!(nowhere.starts_with("AWS.SimpleQueueService.NonExistentQueue"), "{nowhere}");
    let large = send(json!({"QueueUrl": url, "MessageBody": "x".repeat(1_048_577)})).await;
    assert!(large.contains("Message must be shorter than 1048576 bytes."), "{large}");
    let missing = send(json!({"QueueUrl": url})).await;
    assert_eq!(missing, "MissingParameter: The request must contain the parameter MessageBody.");
    server.stop().await;
}
