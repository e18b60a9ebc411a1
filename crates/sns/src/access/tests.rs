//! Topics' policies.

use aws::AccountId;
use serde_json::{Value as Json, json};
use service::Context;
use service::ports::{PortError, TopicPort as _};

use super::*;
use crate::Topics;
use crate::actions::{
    DeleteTopic, GetSubscriptionAttributes, GetTopicAttributes, Publish, SetTopicAttributes, Subscribe,
    TagResource, Unsubscribe,
};
use crate::testing::{Bench, QUEUE};

const OTHER: &str = "111111111111";

fn other(bench: &Bench) -> Context {
    let mut context = bench.context(OTHER);
    context.caller.account = AccountId::parse(OTHER).unwrap();
    context
}

async fn set(bench: &Bench, topic: &str, statement: Json) {
    let mut whole = json!({"Effect": "Allow", "Resource": topic});
    whole.as_object_mut().unwrap().extend(statement.as_object().unwrap().clone());
    let policy = json!({"Version": "2012-10-17", "Statement": [whole]}).to_string();
    let input = json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy});
    bench.call::<SetTopicAttributes>(input).await.unwrap();
}

fn refused(answer: Result<Json, ServiceError>) -> String {
    let error = answer.unwrap_err();
    assert_eq!(error.row, &errors::AUTHORIZATION);
    error.message.into_owned()
}

#[tokio::test]
async fn another_account_publishes_and_subscribes_only_where_the_topics_policy_allows_it() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let publish =
        async || bench.call_in::<Publish>(&other(&bench), json!({"TopicArn": topic, "Message": "m"})).await;
    let text = format!(
        "User: arn:aws:iam::{OTHER}:root is not authorized to perform: SNS:Publish on resource: {topic} because no resource-based policy allows the SNS:Publish action"
    );
    assert_eq!(refused(publish().await), text, "the policy that a topic has by itself is for its owner");
    set(&bench, &topic, json!({"Principal": {"AWS": OTHER}, "Action": "sns:Publish"})).await;
    publish().await.unwrap();
    let own = format!("arn:aws:sqs:us-east-1:{OTHER}:q");
    bench.queue_at(&own).await;
    let subscribe = async |endpoint: &str| {
        let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint});
        bench.call_in::<Subscribe>(&other(&bench), input).await
    };
    assert!(refused(subscribe(&own).await).contains("SNS:Subscribe"));
    let condition = json!({"StringEquals": {"sns:Protocol": "sqs"}, "StringLike": {"sns:Endpoint": "arn:aws:sqs:*:${aws:PrincipalAccount}:*"}});
    set(
        &bench,
        &topic,
        json!({"Principal": {"AWS": OTHER}, "Action": "SNS:Subscribe", "Condition": condition}),
    )
    .await;
    assert!(refused(subscribe(&format!("{QUEUE}q")).await).contains("SNS:Subscribe"));
    subscribe(&own).await.unwrap();
    assert!(refused(publish().await).contains("SNS:Publish"), "that statement is gone");
}

#[tokio::test]
async fn other_accounts_do_nothing_with_a_topic_and_its_subscriptions_by_default() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("q").await;
    let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}q")});
    let subscription = bench.call::<Subscribe>(input).await.unwrap()["SubscriptionArn"].clone();
    let context = other(&bench);
    let about = json!({"TopicArn": topic});
    assert!(
        refused(bench.call_in::<GetTopicAttributes>(&context, about.clone()).await)
            .contains("GetTopicAttributes")
    );
    assert!(refused(bench.call_in::<DeleteTopic>(&context, about).await).contains("SNS:DeleteTopic"));
    let tags = json!({"ResourceArn": topic, "Tags": [{"Key": "a", "Value": "b"}]});
    assert!(refused(bench.call_in::<TagResource>(&context, tags).await).contains("SNS:TagResource"));
    let about = json!({"SubscriptionArn": subscription});
    let shown = bench.call_in::<GetSubscriptionAttributes>(&context, about.clone()).await;
    assert!(refused(shown).contains("GetSubscriptionAttributes"));
    assert!(refused(bench.call_in::<Unsubscribe>(&context, about).await).contains("SNS:Unsubscribe"));
}

#[tokio::test]
async fn an_explicit_deny_turns_away_the_owner_too_but_never_locks_it_out() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let publish = async || bench.call::<Publish>(json!({"TopicArn": topic, "Message": "m"})).await;
    set(
        &bench,
        &topic,
        json!({"Effect": "Deny", "Principal": "*", "Action": ["SNS:Publish", "SNS:SetTopicAttributes"]}),
    )
    .await;
    assert!(refused(publish().await).ends_with("with an explicit deny in a resource-based policy"));
    let insists_on_tls = json!({"Bool": {"aws:SecureTransport": "false"}});
    set(
        &bench,
        &topic,
        json!({"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish", "Condition": insists_on_tls}),
    )
    .await;
    publish().await.unwrap();
}

#[tokio::test]
async fn a_service_publishes_only_where_the_topics_policy_allows_it() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let publish = async || {
        let sender = Sender::Service {
            principal: "s3.amazonaws.com",
            source: "arn:aws:s3:::b".parse().unwrap(),
            account: "000000000000".into(),
        };
        Topics(std::sync::Arc::clone(&bench.sns))
            .publish(topic.parse().unwrap(), None, "m".into(), None, sender)
            .await
    };
    let text = format!(
        "the policy of {topic} must allow sns:Publish for s3.amazonaws.com with aws:SourceArn arn:aws:s3:::b: no statement allows it"
    );
    assert_eq!(publish().await, Err(PortError::Denied(text)));
    assert_eq!(bench.sns.denied(), [(topic.clone(), "s3.amazonaws.com".to_owned(), 1)]);
    for (condition, allowed) in [
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:b"}}), true),
        (json!({"StringEquals": {"aws:SourceAccount": "000000000000"}}), true),
        (json!({"StringEquals": {"aws:SourceAccount": OTHER}}), false),
        (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::another"}}), false),
    ] {
        let principal = json!({"Service": "s3.amazonaws.com"});
        set(&bench, &topic, json!({"Principal": principal, "Action": "SNS:Publish", "Condition": condition}))
            .await;
        assert_eq!(publish().await.is_ok(), allowed, "{condition}");
    }
}
