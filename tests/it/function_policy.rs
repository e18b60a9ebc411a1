//! A function whose policy does not let a topic in: the publisher is told nothing, the message goes to the
//! subscription's dead-letter queue, and the metrics count it.

use http::Method;
use serde_json::json;

use crate::in_process::Server;
use crate::publish_to_function::package;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f";

#[tokio::test]
async fn what_a_functions_policy_turns_away_goes_to_the_subscriptions_dead_letter_queue() {
    let server = Server::start().await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x",
        "Role": "arn:aws:iam::111122223333:role/any", "Code": {"ZipFile": package("exit(1)")},
    });
    server.client.rest("lambda", Method::POST, "/2015-03-31/functions", Some(&function)).await.unwrap();
    let (dead, dead_arn) = server.queue("dead").await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    server.allow(&dead_arn, "sns.amazonaws.com", &topic).await;
    let redrive = json!({"deadLetterTargetArn": dead_arn}).to_string();
    let subscription = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "lambda"),
        ("Endpoint", FUNCTION),
        ("Attributes.entry.1.key", "RedrivePolicy"),
        ("Attributes.entry.1.value", &redrive),
    ];
    server.sns("Subscribe", &subscription).await;
    server.sns("Publish", &[("TopicArn", &topic), ("Message", "turned away")]).await;
    assert!(server.next_body(&dead).await.contains("turned away"));
    let permission = json!({
        "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com", "SourceArn": topic,
    });
    let policy = "/2015-03-31/functions/f/policy";
    server.client.rest("lambda", Method::POST, policy, Some(&permission)).await.unwrap();
    server.sns("Publish", &[("TopicArn", &topic), ("Message", "let in")]).await;
    let figures = server.metrics().await;
    let denied = format!(
        "konekuta_denied_invocations_total{{function=\"{FUNCTION}\",principal=\"sns.amazonaws.com\"}} 1\n"
    );
    assert!(figures.contains(&denied), "{figures}");
    server.stop().await;
}
