//! How messages reach queues and functions, and where they go when they do not.

use std::sync::{Arc, Mutex};

use aws::{Arn, TraceHeader};
use engine::{Enqueue, MessageId, NewMessage, QueueKey};
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use service::ports::{FunctionEvent, FunctionPort, MessageAttributeValue, PortError, Sender};

use crate::actions::*;
use crate::testing::{Bench, QUEUE, refused};

#[tokio::test]
async fn a_raw_message_with_more_than_ten_attributes_cannot_be_delivered() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    for queue in ["raw", "enveloped", "dead"] {
        bench.queue(queue).await;
    }
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    bench.subscribe(&topic, "raw", json!({"RawMessageDelivery": "true", "RedrivePolicy": redrive})).await;
    bench.subscribe(&topic, "enveloped", json!({})).await;
    let attributes: serde_json::Map<String, Json> = (0..11)
        .map(|number| (format!("a{number}"), json!({"DataType": "Number", "StringValue": "1"})))
        .collect();
    let input = json!({"TopicArn": topic, "Message": "hi", "MessageAttributes": attributes});
    bench.call::<Publish>(input).await.unwrap();
    for queue in ["enveloped", "dead"] {
        let envelope: Json = serde_json::from_str(&bench.arrived(queue).await.body).unwrap();
        assert_eq!(envelope["MessageAttributes"].as_object().unwrap().len(), 11, "{queue}");
    }
    assert!(bench.received("raw").await.is_empty());
}

#[tokio::test]
async fn a_queue_of_another_region_is_delivered_to() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let queue = "arn:aws:sqs:eu-west-1:000000000000:far";
    bench.queue_at(queue).await;
    let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue});
    bench.call::<Subscribe>(input).await.unwrap();
    bench.publish(&topic, "over there").await;
    assert!(bench.arrived_at(queue).await.body.contains("over there"));
}

#[tokio::test]
async fn a_queue_of_another_account_confirms_by_the_message_it_gets() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let queue = "arn:aws:sqs:us-east-1:111122223333:theirs";
    let subscribe = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue});
    assert!(refused(bench.call::<Subscribe>(subscribe.clone()).await).contains("does not exist"));
    bench.queue_at(queue).await;
    let pending = bench.call::<Subscribe>(subscribe).await.unwrap();
    assert_eq!(pending["SubscriptionArn"], "pending confirmation");
    bench.publish(&topic, "too early").await;
    let asked: Json = serde_json::from_str(&bench.arrived_at(queue).await.body).unwrap();
    assert_eq!(asked["Type"], "SubscriptionConfirmation");
    let input = json!({"TopicArn": topic, "Token": asked["Token"]});
    bench.call::<ConfirmSubscription>(input).await.unwrap();
    bench.publish(&topic, "now").await;
    assert!(bench.arrived_at(queue).await.body.contains("\"Message\":\"now\""));
}

#[tokio::test]
async fn the_group_of_a_standard_topics_message_goes_on_to_its_queues() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("fair").await;
    bench.subscribe(&topic, "fair", json!({})).await;
    let publish = async |group: &str| {
        bench.call::<Publish>(json!({"TopicArn": topic, "Message": "x", "MessageGroupId": group})).await
    };
    publish("tenant").await.unwrap();
    assert_eq!(bench.arrived("fair").await.attributes["MessageGroupId"], "tenant");
    assert!(refused(publish("two words").await).contains("MessageGroupId Reason"));
}

/// Keeps the events it takes; those of a function called `missing` it does not take.
#[derive(Default)]
struct Functions(Mutex<Vec<FunctionEvent>>);

impl FunctionPort for Functions {
    fn admits(&self, _: Arn, _: Sender) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }

    fn queues_of(&self, _: Arn) -> BoxFuture<'_, Result<Vec<Arn>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn prepare(&self, function: Arn, event: FunctionEvent) -> BoxFuture<'_, Result<Enqueue, PortError>> {
        Box::pin(async move {
            if function.resource().ends_with("missing") {
                return Err(PortError::NotFound(function.to_string()));
            }
            let message = NewMessage {
                id: MessageId(1),
                content: event.payload.clone(),
                delay_seconds: None,
                group: None,
                deduplication_id: None,
            };
            self.0.lock().unwrap().push(event);
            Ok(Enqueue { queue: QueueKey::new(format!("{QUEUE}events")), message })
        })
    }

    fn exists(&self, _function: Arn) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test]
async fn functions_get_lambdas_event_with_the_trace_and_dead_letters_say_why() {
    let bench = Bench::new();
    let functions = Arc::new(Functions::default());
    bench.sns.ports.offer_functions(Arc::clone(&functions) as _);
    for queue in ["events", "dead"] {
        bench.queue(queue).await;
    }
    let topic = bench.topic("t", json!({"TracingConfig": "PassThrough"})).await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    for function in ["there", "missing"] {
        let endpoint = format!("arn:aws:lambda:us-east-1:000000000000:function:{function}");
        let input = json!({
            "TopicArn": topic, "Protocol": "lambda", "Endpoint": endpoint, "Attributes": {"RedrivePolicy": redrive},
        });
        bench.call::<Subscribe>(input).await.unwrap();
    }
    let mut context = bench.context("test");
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    context.trace = TraceHeader::parse(header);
    bench.call_in::<Publish>(&context, json!({"TopicArn": topic, "Message": "m"})).await.unwrap();

    let events = functions.0.lock().unwrap().clone();
    let onward = events[0].trace.as_ref().unwrap().to_string();
    assert!(onward.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;"), "{onward}");
    let event: Json = serde_json::from_slice(&events[0].payload).unwrap();
    let record = &event["Records"][0];
    assert_eq!((&record["EventSource"], &record["EventVersion"]), (&json!("aws:sns"), &json!("1.0")));
    let sns = record["Sns"].as_object().unwrap();
    let names: Vec<&str> = sns.keys().map(String::as_str).collect();
    let mut expected = [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!((&sns["Subject"], &sns["MessageAttributes"]), (&Json::Null, &json!({})));

    let dead = bench.arrived("dead").await;
    let text = |name: &str| match &dead.message_attributes[name].value {
        MessageAttributeValue::Text(text) => text.clone(),
        MessageAttributeValue::Binary(_) => panic!("{name} is text"),
    };
    assert_eq!(text("ErrorCode"), "404");
    assert!(text("ErrorMessage").contains("missing") && !text("RequestID").is_empty());
}

#[tokio::test]
async fn tracing_may_be_active_on_standard_topics_only() {
    let bench = Bench::new();
    bench.topic("t", json!({"TracingConfig": "Active"})).await;
    let input = json!({"Name": "t.fifo", "Attributes": {"FifoTopic": "true", "TracingConfig": "Active"}});
    let refused = refused(bench.call::<CreateTopic>(input).await);
    assert!(refused.contains("TracingConfig"), "{refused}");
}

#[tokio::test]
async fn a_topic_chooses_the_digest_of_its_signatures() {
    let bench = Bench::new();
    bench.queue("a").await;
    for version in ["1", "2"] {
        let topic = bench.topic(&format!("t{version}"), json!({"SignatureVersion": version})).await;
        bench.subscribe(&topic, "a", json!({})).await;
        bench.publish(&topic, "signed").await;
        let envelope: Json = serde_json::from_str(&bench.arrived("a").await.body).unwrap();
        assert_eq!(envelope["SignatureVersion"], version);
        bench.verify(&envelope, &["Message", "MessageId", "Timestamp", "TopicArn", "Type"]).await;
    }
}
