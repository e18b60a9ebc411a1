//! A queue whose policy does not let a topic in: the publisher is told nothing, the message goes to the subscription's
//! dead-letter queue, and the metrics count it.

use serde_json::json;

use crate::in_process::Server;

#[tokio::test]
async fn what_a_queues_policy_turns_away_goes_to_the_subscriptions_dead_letter_queue() {
    let server = Server::start().await;
    let (url, arn) = server.queue("q").await;
    let (dead, dead_arn) = server.queue("dead").await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    let redrive = json!({"deadLetterTargetArn": dead_arn}).to_string();
    let subscription = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "sqs"),
        ("Endpoint", &arn),
        ("Attributes.entry.1.key", "RawMessageDelivery"),
        ("Attributes.entry.1.value", "true"),
        ("Attributes.entry.2.key", "RedrivePolicy"),
        ("Attributes.entry.2.value", &redrive),
    ];
    server.sns("Subscribe", &subscription).await;
    let publish = async |message: &str| {
        server.sns("Publish", &[("TopicArn", &topic), ("Message", message)]).await;
    };
    publish("lost: neither queue lets the topic in").await;
    server.allow(&dead_arn, "sns.amazonaws.com", &topic).await;
    publish("dead").await;
    server.allow(&arn, "sns.amazonaws.com", &topic).await;
    publish("delivered").await;
    assert_eq!(server.next_body(&dead).await, "dead");
    assert_eq!(server.next_body(&url).await, "delivered");
    let figures = server.metrics().await;
    let denied = |queue: &str| {
        format!("konekuta_denied_messages_total{{queue=\"{queue}\",principal=\"sns.amazonaws.com\"}}")
    };
    assert!(figures.contains(&format!("{} 2\n", denied(&arn))), "{figures}");
    assert!(figures.contains(&format!("{} 1\n", denied(&dead_arn))), "{figures}");
    server.stop().await;
}
