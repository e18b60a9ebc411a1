//! Topics with real queues behind them, on the engine in memory.

mod attributes;
mod delivery;
pub(crate) mod delivery_status;
mod mails;

use serde_json::{Value as Json, json};
use service::Tasks;

use crate::actions::*;
use crate::testing::{Bench, QUEUE, refused};

#[tokio::test]
async fn a_message_reaches_every_queue_enveloped_or_raw() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    for queue in ["a", "b"] {
        bench.queue(queue).await;
    }
    let subscription = bench.subscribe(&topic, "a", json!({})).await;
    bench.subscribe(&topic, "b", json!({"RawMessageDelivery": "true"})).await;
    let input = json!({
        "TopicArn": topic, "Message": "hi", "Subject": "s",
        "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}},
    });
    let published = bench.call::<Publish>(input).await.unwrap();
    let raw = bench.arrived("b").await;
    assert_eq!((&*raw.body, raw.message_attributes.len()), ("hi", 1));
    let enveloped = bench.arrived("a").await;
    assert!(enveloped.message_attributes.is_empty());
    let order = [
        "\"Type\"",
        "\"MessageId\"",
        "\"TopicArn\"",
        "\"Subject\"",
        "\"Message\"",
        "\"Timestamp\"",
        "\"SignatureVersion\"",
        "\"Signature\"",
        "\"SigningCertURL\"",
        "\"UnsubscribeURL\"",
        "\"MessageAttributes\"",
    ];
    let places: Vec<usize> = order.iter().map(|member| enveloped.body.find(member).expect(member)).collect();
    assert!(places.is_sorted(), "the members stand in AWS's order: {}", enveloped.body);
    let envelope: Json = serde_json::from_str(&enveloped.body).unwrap();
    assert_eq!(envelope["MessageId"], published["MessageId"]);
    assert_eq!(envelope["Timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!(envelope["MessageAttributes"], json!({"k": {"Type": "String", "Value": "v"}}));
    assert!(envelope["UnsubscribeURL"].as_str().unwrap().ends_with(&subscription));
    let members = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    bench.verify(&envelope, &members).await;
}

#[tokio::test]
async fn a_filter_decides_and_a_missing_queue_holds_nobody_up() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    for queue in ["wanted", "unwanted", "dead"] {
        bench.queue(queue).await;
    }
    bench
        .subscribe(
            &topic,
            "wanted",
            json!({"FilterPolicy": "{\"kind\":[\"x\"]}", "FilterPolicyScope": "MessageBody"}),
        )
        .await;
    bench.subscribe(&topic, "unwanted", json!({"FilterPolicy": "{\"kind\":[\"x\"]}"})).await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    bench.subscribe(&topic, "missing", json!({"RedrivePolicy": redrive})).await;
    bench.publish(&topic, "{\"kind\":\"x\"}").await;
    assert!(bench.arrived("wanted").await.body.contains("Notification"));
    assert!(
        bench.arrived("dead").await.body.contains("Notification"),
        "the dead-letter queue got what could not arrive"
    );
    assert!(bench.received("unwanted").await.is_empty());
}

#[tokio::test]
async fn a_structured_message_is_another_one_for_each_protocol() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({"RawMessageDelivery": "true"})).await;
    let publish = async |message: &str| {
        bench
            .call::<Publish>(json!({"TopicArn": topic, "Message": message, "MessageStructure": "json"}))
            .await
    };
    publish("{\"default\":\"d\",\"sqs\":\"for queues\"}").await.unwrap();
    assert_eq!(bench.arrived("a").await.body, "for queues");
    assert_eq!(
        refused(publish("{}").await),
        "Invalid parameter: Message Structure - No default entry in JSON message body"
    );
    assert_eq!(
        refused(publish("x").await),
        "Invalid parameter: Message Structure - JSON message body failed to parse"
    );
}

#[tokio::test]
async fn fifo_topics_hand_groups_on_and_do_not_sign() {
    let bench = Bench::new();
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    let topic =
        bench.topic("t.fifo", json!({"FifoTopic": "true", "ContentBasedDeduplication": "true"})).await;
    bench.queue("q.fifo").await;
    bench.subscribe(&topic, "q.fifo", json!({})).await;
    let text = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics";
    assert_eq!(refused(bench.call::<Publish>(json!({"TopicArn": topic, "Message": "x"})).await), text);
    for message in ["1", "1", "2"] {
        let input = json!({"TopicArn": topic, "Message": message, "MessageGroupId": "g"});
        assert_eq!(bench.call::<Publish>(input).await.unwrap()["SequenceNumber"].as_str().unwrap().len(), 20);
    }
    let first = bench.arrived("q.fifo").await;
    let envelope: Json = serde_json::from_str(&first.body).unwrap();
    assert!(envelope.get("Signature").is_none() && envelope.get("SequenceNumber").is_some());
    assert_eq!(first.attributes["MessageGroupId"], "g");
    tasks.shut_down().await;
}

#[tokio::test]
async fn an_email_subscription_is_confirmed_by_the_link_in_its_mail() {
    let bench = Bench::new();
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::email::QUEUE).await;
    let topic = bench.topic("t", json!({"DisplayName": "Shop"})).await;
    let input = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"});
    let pending = bench.call::<Subscribe>(input).await.unwrap();
    assert_eq!(pending["SubscriptionArn"], "pending confirmation");
    let mail = bench.next_mail(0).await;
    assert!(
        mail.contains("Subject: AWS Notification - Subscription Confirmation")
            && mail.contains("a@example.com"),
        "{mail}"
    );
    bench.publish(&topic, "before").await;
    let unfolded = mail.replace("=\r\n", "").replace("=3D", "=");
    let token = unfolded.split("Token=").nth(1).unwrap().split('&').next().unwrap();
    let confirm = async |token: &str| {
        bench.call::<ConfirmSubscription>(json!({"TopicArn": topic, "Token": token})).await
    };
    assert_eq!(refused(confirm("junk").await), "Invalid parameter: Token");
    let confirmed = confirm(token).await.unwrap();
    assert_eq!(confirm(token).await.unwrap(), confirmed);
    let input = json!({"TopicArn": topic, "Message": "after", "Subject": "News"});
    bench.call::<Publish>(input).await.unwrap();
    let mail = bench.next_mail(1).await;
    assert!(mail.contains("Subject: News") && mail.contains("after") && mail.contains("Shop"), "{mail}");
    tasks.shut_down().await;
}

#[tokio::test]
async fn topics_and_subscriptions_are_listed_changed_and_removed() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({"DisplayName": "x"})).await;
    assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:t");
    let again = bench.call::<CreateTopic>(json!({"Name": "t", "Attributes": {"DisplayName": "y"}})).await;
    assert_eq!(
        refused(again),
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    );
    assert_eq!(
        refused(bench.call::<CreateTopic>(json!({"Name": "a b"})).await),
        "Invalid parameter: Topic Name"
    );
    let missing = bench.call::<GetTopicAttributes>(json!({"TopicArn": format!("{topic}x")})).await;
    assert_eq!(refused(missing), "Topic does not exist");
    let junk = bench.call::<GetTopicAttributes>(json!({"TopicArn": "junk"})).await;
    assert_eq!(
        refused(junk),
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
    );
    let subscription = bench.subscribe(&topic, "q", json!({})).await;
    assert_eq!(bench.subscribe(&topic, "q", json!({})).await, subscription);
    let other = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}q"), "Attributes": {"RawMessageDelivery": "true"}});
    assert!(
        refused(bench.call::<Subscribe>(other).await)
            .ends_with("Subscription already exists with different attributes")
    );
    let protocol = json!({"TopicArn": topic, "Protocol": "pigeon", "Endpoint": "x"});
    assert_eq!(
        refused(bench.call::<Subscribe>(protocol).await),
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"
    );
    let set = |name: &str, value: &str| json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value});
    bench.call::<SetSubscriptionAttributes>(set("RawMessageDelivery", "true")).await.unwrap();
    assert!(
        refused(bench.call::<SetSubscriptionAttributes>(set("RawMessageDelivery", "maybe")).await)
            .contains("Must be true or false")
    );
    let shown =
        bench.call::<GetSubscriptionAttributes>(json!({"SubscriptionArn": subscription})).await.unwrap();
    assert_eq!(
        (&shown["Attributes"]["RawMessageDelivery"], &shown["Attributes"]["PendingConfirmation"]),
        (&json!("true"), &json!("false"))
    );
    let listed = bench.call::<ListSubscriptionsByTopic>(json!({"TopicArn": topic})).await.unwrap();
    assert_eq!(listed["Subscriptions"][0]["SubscriptionArn"], subscription.as_str());
    assert_eq!(bench.call::<ListTopics>(json!({})).await.unwrap(), json!({"Topics": [{"TopicArn": topic}]}));
    bench.call::<Unsubscribe>(json!({"SubscriptionArn": subscription})).await.unwrap();
    assert_eq!(bench.call::<ListSubscriptions>(json!({})).await.unwrap(), json!({"Subscriptions": []}));
    bench.call::<DeleteTopic>(json!({"TopicArn": topic})).await.unwrap();
    assert_eq!(bench.call::<ListTopics>(json!({})).await.unwrap(), json!({"Topics": []}));
}

#[tokio::test]
async fn what_cannot_be_delivered_lies_in_the_dead_letter_queue_as_it_would_have_come() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("dead").await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    let function = "arn:aws:lambda:us-east-1:000000000000:function:missing";
    let input = json!({
        "TopicArn": topic, "Protocol": "lambda", "Endpoint": function, "Attributes": {"RedrivePolicy": redrive},
    });
    let subscription = bench.call::<Subscribe>(input).await.unwrap();
    bench.publish(&topic, "for the function").await;
    let envelope: Json = serde_json::from_str(&bench.arrived("dead").await.body).unwrap();
    assert_eq!(envelope["Message"], "for the function");
    bench.call::<Unsubscribe>(subscription).await.unwrap();

    bench.subscribe(&topic, "gone", json!({"RedrivePolicy": redrive, "RawMessageDelivery": "true"})).await;
    let attributes = json!({"k": {"DataType": "String", "StringValue": "v"}});
    let input = json!({"TopicArn": topic, "Message": "raw", "MessageAttributes": attributes});
    bench.call::<Publish>(input).await.unwrap();
    let dead = bench.arrived("dead").await;
    assert_eq!((&*dead.body, dead.message_attributes.len()), ("raw", 1));
}

#[tokio::test]
async fn email_json_gets_documents_and_each_text_its_own_signature() {
    let bench = Bench::new();
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::email::QUEUE).await;
    let topic = bench.topic("t", json!({})).await;
    bench.queue("a").await;
    bench.subscribe(&topic, "a", json!({})).await;
    let input = json!({"TopicArn": topic, "Protocol": "email-json", "Endpoint": "a@example.com"});
    bench.call::<Subscribe>(input).await.unwrap();
    let asked = bench.next_document(0).await;
    assert_eq!(asked["Type"], "SubscriptionConfirmation");
    let input = json!({"TopicArn": topic, "Token": asked["Token"]});
    let confirmed = bench.call_as::<ConfirmSubscription>("", input).await.unwrap();
    let message = r#"{"default":"d","email-json":"for mail"}"#;
    let input = json!({"TopicArn": topic, "Message": message, "Subject": "s", "MessageStructure": "json"});
    bench.call::<Publish>(input).await.unwrap();
    let members = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    let mailed = bench.next_document(1).await;
    assert_eq!(mailed["Message"], "for mail");
    bench.verify(&mailed, &members).await;
    let queued: Json = serde_json::from_str(&bench.arrived("a").await.body).unwrap();
    assert_eq!(queued["Message"], "d");
    bench.verify(&queued, &members).await;

    bench.call_as::<Unsubscribe>("", confirmed.clone()).await.unwrap();
    let told = bench.next_document(2).await;
    assert_eq!(told["Type"], "UnsubscribeConfirmation");
    let input = json!({"TopicArn": topic, "Token": told["Token"]});
    assert_eq!(bench.call_as::<ConfirmSubscription>("", input).await.unwrap(), confirmed);
    tasks.shut_down().await;
}

#[tokio::test]
async fn fifo_topics_deliver_to_queues_of_both_kinds_and_to_nothing_else() {
    let bench = Bench::new();
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    let topic =
        bench.topic("t.fifo", json!({"FifoTopic": "true", "ContentBasedDeduplication": "true"})).await;
    for queue in ["standard", "q.fifo"] {
        bench.queue(queue).await;
        bench.subscribe(&topic, queue, json!({})).await;
    }
    let input = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"});
    assert!(refused(bench.call::<Subscribe>(input).await).ends_with("Please use FIFO SQS queue"));
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}standard")}).to_string();
    let endpoint = format!("{QUEUE}other.fifo");
    let input = json!({
        "TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": {"RedrivePolicy": redrive},
    });
    assert_eq!(
        refused(bench.call::<Subscribe>(input).await),
        "Invalid parameter: Attributes Reason: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
    );
    let input = json!({"TopicArn": topic, "Message": "m", "MessageGroupId": "g"});
    bench.call::<Publish>(input).await.unwrap();
    for queue in ["standard", "q.fifo"] {
        assert!(bench.arrived(queue).await.body.contains("\"Message\":\"m\""));
    }
    tasks.shut_down().await;
}

#[tokio::test]
async fn permissions_become_statements_of_the_policy() {
    let bench = Bench::new();
    let topic = bench.topic("t", json!({})).await;
    let add = async |label: &str, account: &str, action: &str| {
        let input =
            json!({"TopicArn": topic, "Label": label, "AWSAccountId": [account], "ActionName": [action]});
        bench.call::<AddPermission>(input).await
    };
    let policy = async || {
        let shown = bench.call::<GetTopicAttributes>(json!({"TopicArn": topic})).await.unwrap();
        serde_json::from_str::<Json>(shown["Attributes"]["Policy"].as_str().unwrap()).unwrap()
    };
    let before = policy().await;
    add("mine", "111122223333", "Publish").await.unwrap();
    let statement = json!({
        "Sid": "mine", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "SNS:Publish", "Resource": topic,
    });
    assert_eq!(policy().await["Statement"][1], statement);
    for (result, text) in [
        (add("mine", "111122223333", "Publish").await, "Statement already exists"),
        (add("b", "111122223333", "Dance").await, "Policy statement action out of service scope!"),
        (add("b", "me", "Publish").await, "Policy Error: PrincipalNotFound"),
    ] {
        assert_eq!(refused(result), format!("Invalid parameter: {text}"));
    }
    for _ in 0..2 {
        let input = json!({"TopicArn": topic, "Label": "mine"});
        bench.call::<RemovePermission>(input).await.unwrap();
    }
    assert_eq!(policy().await, before);
}

#[tokio::test]
async fn data_protection_policies_and_delivery_status_logging_are_kept() {
    let bench = Bench::new();
    let role = "arn:aws:iam::000000000000:role/r";
    let topic = bench
        .topic("t", json!({"SQSSuccessFeedbackRoleArn": role, "SQSSuccessFeedbackSampleRate": "50"}))
        .await;
    let policy = json!({
        "Name": "p", "Version": "2021-06-01",
        "Statement": [{"DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": ["x"], "Operation": {"Deny": {}}}],
    })
    .to_string();
    let put = async |policy: &str| {
        let input = json!({"ResourceArn": topic, "DataProtectionPolicy": policy});
        bench.call::<PutDataProtectionPolicy>(input).await
    };
    put(&policy).await.unwrap();
    assert!(refused(put("{}").await).contains("DataProtectionPolicy Reason: Name is missing"));
    let got = bench.call::<GetDataProtectionPolicy>(json!({"ResourceArn": topic})).await.unwrap();
    assert_eq!(got, json!({"DataProtectionPolicy": policy}));
    let shown = bench.call::<GetTopicAttributes>(json!({"TopicArn": topic})).await.unwrap();
    let shown = shown["Attributes"].as_object().unwrap();
    assert_eq!((&shown["SQSSuccessFeedbackRoleArn"], shown.len()), (&json!(role), 10), "{shown:?}");
    let set =
        |name: &str, value: &str| json!({"TopicArn": topic, "AttributeName": name, "AttributeValue": value});
    for (name, value) in [("HTTPSuccessFeedbackSampleRate", "101"), ("LambdaFailureFeedbackRoleArn", "me")] {
        assert!(bench.call::<SetTopicAttributes>(set(name, value)).await.is_err(), "{name}");
    }
    put("").await.unwrap();
    let got = bench.call::<GetDataProtectionPolicy>(json!({"ResourceArn": topic})).await.unwrap();
    assert_eq!(got, json!({"DataProtectionPolicy": ""}));
}
