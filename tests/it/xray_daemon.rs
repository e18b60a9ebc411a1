//! The X-Ray daemon's port: a segment by UDP joins the journey of its trace; sampling rules are told over HTTP there.

use std::time::{SystemTime, UNIX_EPOCH};

use client::{Client, Settings};
use http::Method;
use local::SystemClock;
use serde_json::{Value as Json, json};

use crate::in_process::Server;

#[tokio::test]
async fn a_segment_by_udp_joins_the_journey_of_its_trace() {
    let server = Server::start().await;
    #[allow(clippy::disallowed_methods, reason = "a trace id has the present second in it")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let trace = format!("1-{now:08x}-a006649127e371903a2de979");
    let (url, _) = server.queue("q").await;
    let header = format!("Root={trace};Parent=000000000000000b;Sampled=1");
    let system = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": header}});
    let message = json!({"QueueUrl": url, "MessageBody": "m", "MessageSystemAttributes": system});
    server.sqs("SendMessage", message).await;
    let segment = json!({
        "name": "shop", "id": "000000000000000a", "trace_id": trace, "start_time": now, "end_time": now,
        "subsegments": [{"name": "SQS", "id": "000000000000000b", "namespace": "aws", "start_time": now, "end_time": now}],
    });
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let datagram = format!("{{\"format\": \"json\", \"version\": 1}}\n{segment}");
    socket.send_to(datagram.as_bytes(), server.xray_daemon).await.unwrap();
    let path = format!("/_konekuta/api/journeys/{trace}?wait=20&hops=2");
    let journey = server.client.rest("konekuta", Method::GET, &path, None).await.unwrap();
    let hops = journey["hops"].as_array().unwrap().iter();
    let told: Vec<(&Json, &Json)> = hops.map(|hop| (&hop["depth"], &hop["title"])).collect();
    assert_eq!(
        told,
        [(&json!(0), &json!("shop")), (&json!(1), &json!("SQS")), (&json!(2), &json!("send to q"))]
    );
    server.stop().await;
}

#[tokio::test]
async fn the_daemons_port_answers_x_rays_actions_and_no_others() {
    let server = Server::start().await;
    let settings = Settings {
        endpoint: format!("http://{}", server.xray_daemon),
        region: "us-east-1".to_owned(),
        access_key_id: "any".to_owned(),
        secret_access_key: "any".to_owned(),
    };
    let daemon = Client::new(settings, std::sync::Arc::new(SystemClock::default()));
    let rules = daemon.rest("xray", Method::POST, "/GetSamplingRules", Some(&json!({}))).await.unwrap();
    assert_eq!(rules["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"], "Default");
    let queues = daemon.json("sqs", "AmazonSQS.ListQueues", &json!({})).await;
    assert!(queues.is_err(), "{queues:?}");
    server.stop().await;
}
