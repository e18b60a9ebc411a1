//! A bucket tells a queue of its objects.

use bytes::Bytes;
use client::{Answer, Call};
use http::Method;
use serde_json::Value as Json;

use crate::in_process::Server;

async fn s3(server: &Server, method: Method, path: &str, body: String) -> Answer {
    let headers = vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())];
    let call = Call { service: "s3", method, path, headers, body: Bytes::from(body) };
    server.client.send(call).await.unwrap().success().unwrap()
}

#[tokio::test]
async fn an_object_that_fits_the_filter_is_told_of() {
    let server = Server::start().await;
    let (url, arn) = server.queue("q").await;
    s3(&server, Method::PUT, "/bucket", String::new()).await;
    let configuration = format!(
        "<NotificationConfiguration><QueueConfiguration><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event>\
         <Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule></S3Key></Filter>\
         </QueueConfiguration></NotificationConfiguration>"
    );
    let put = Call {
        service: "s3",
        method: Method::PUT,
        path: "/bucket?notification=",
        headers: vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())],
        body: Bytes::from(configuration.clone()),
    };
    let refused = server.client.send(put).await.unwrap().success().unwrap_err().to_string();
    assert!(refused.contains("Unable to validate the following destination configurations"), "{refused}");
    server.allow(&arn, "s3.amazonaws.com", "arn:aws:s3:::bucket").await;
    s3(&server, Method::PUT, "/bucket?notification=", configuration).await;
    let test: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    assert_eq!((&test["Event"], &test["Bucket"]), (&"s3:TestEvent".into(), &"bucket".into()));
    s3(&server, Method::PUT, "/bucket/out/x", "elsewhere".to_owned()).await;
    s3(&server, Method::PUT, "/bucket/in/red%20flower.jpg", "hello".to_owned()).await;
    let event: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    let record = &event["Records"][0];
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    assert_eq!(record["s3"]["object"]["key"], "in/red+flower.jpg");
    assert_eq!(record["s3"]["object"]["size"], 5);
    assert_eq!(record["awsRegion"], "eu-west-1");
    server.stop().await;
}
