//! A bucket tells a queue of its objects, or a topic.

use bytes::Bytes;
use client::{Answer, Call};
use http::Method;
use serde_json::{Value as Json, json};

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
    let mut event: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    let record = &mut event["Records"][0];
    for (part, varying) in
        [("", "eventTime"), ("/responseElements", "x-amz-request-id"), ("/responseElements", "x-amz-id-2")]
    {
        assert!(record.pointer_mut(part).unwrap()[varying].take().is_string(), "{varying}");
    }
    for varying in ["/s3/configurationId", "/s3/object/sequencer"] {
        assert!(record.pointer_mut(varying).unwrap().take().is_string(), "{varying}");
    }
    // The structure is AWS's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    let expected = json!({"Records": [{
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": null,
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:111122223333"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": null, "x-amz-id-2": null},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": null,
            "bucket": {
                "name": "bucket",
                "ownerIdentity": {"principalId": "111122223333"},
                "arn": "arn:aws:s3:::bucket",
            },
            "object": {
                "key": "in/red+flower.jpg",
                "size": 5,
                "eTag": "5d41402abc4b2a76b9719d911017c592",
                "sequencer": null,
            },
        },
    }]});
    assert_eq!(event, expected);
    server.stop().await;
}

#[tokio::test]
async fn a_topic_is_told_only_where_its_policy_lets_the_bucket_in() {
    let server = Server::start().await;
    let (url, arn) = server.queue("q").await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    server.allow(&arn, "sns.amazonaws.com", &topic).await;
    let raw = [("Attributes.entry.1.key", "RawMessageDelivery"), ("Attributes.entry.1.value", "true")];
    let subscription =
        [("TopicArn", topic.as_str()), ("Protocol", "sqs"), ("Endpoint", &arn), raw[0], raw[1]];
    server.sns("Subscribe", &subscription).await;
    s3(&server, Method::PUT, "/bucket", String::new()).await;
    let configuration = format!(
        "<NotificationConfiguration><TopicConfiguration><Topic>{topic}</Topic><Event>s3:ObjectCreated:*</Event>\
         </TopicConfiguration></NotificationConfiguration>"
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
    let set = async |policy: &str| {
        let attribute =
            [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", policy)];
        server.sns("SetTopicAttributes", &attribute).await;
    };
    let statement = json!({
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "SNS:Publish", "Resource": topic,
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket"},
            "StringEquals": {"aws:SourceAccount": "111122223333"},
        },
    });
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    set(&policy).await;
    s3(&server, Method::PUT, "/bucket?notification=", configuration).await;
    let test: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    assert_eq!(test["Event"], "s3:TestEvent");
    set(&policy.replace(":bucket", ":other")).await;
    s3(&server, Method::PUT, "/bucket/lost", "the writer is told nothing".to_owned()).await;
    set(&policy).await;
    s3(&server, Method::PUT, "/bucket/told", "x".to_owned()).await;
    let event: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "told");
    let figures = server.metrics().await;
    let denied =
        format!("konekuta_denied_publishes_total{{topic=\"{topic}\",principal=\"s3.amazonaws.com\"}} 2\n");
    assert!(figures.contains(&denied), "{figures}");
    server.stop().await;
}
