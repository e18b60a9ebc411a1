//! Queues' policies.

use service::ports::{PortError, QueueMessage, QueuePort as _, Sender};

use super::*;
use crate::Queues;

const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

async fn set(bench: &Bench, url: &str, policy: &str) -> Result<Json, ServiceError> {
    bench.call::<SetQueueAttributes>(json!({"QueueUrl": url, "Attributes": {"Policy": policy}})).await
}

fn allowing(condition: &Json) -> String {
    let statement = json!({
        "Sid": "topic", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": ARN, "Condition": condition,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

async fn send(bench: &Bench, sender: Sender) -> Result<(), PortError> {
    let message = QueueMessage {
        body: "x".to_owned().into(),
        attributes: std::collections::BTreeMap::new(),
        group: None,
        deduplication_id: None,
        trace: None,
        sender_id: "x".into(),
        sender,
    };
    let queues = Queues(Arc::clone(&bench.sqs));
    queues.prepare(ARN.parse().unwrap(), message).await.map(|_| ())
}

fn topic() -> Sender {
    Sender::Service {
        principal: "sns.amazonaws.com",
        source: TOPIC.parse().unwrap(),
        account: "000000000000".into(),
    }
}

#[tokio::test]
async fn a_service_sends_only_where_the_queues_policy_allows_it() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let text = format!(
        "the policy of {ARN} must allow sqs:SendMessage for sns.amazonaws.com with aws:SourceArn {TOPIC}: it has none"
    );
    assert_eq!(send(&bench, topic()).await, Err(PortError::Denied(text)));
    for (condition, allowed) in [
        (json!({"ArnEquals": {"aws:SourceArn": TOPIC}}), true),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}), true),
        (json!({"StringEquals": {"aws:SourceAccount": "000000000000"}}), true),
        (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:other"}}), false),
        (json!({"StringEquals": {"aws:SourceAccount": "111111111111"}}), false),
    ] {
        set(&bench, &url, &allowing(&condition)).await.unwrap();
        assert_eq!(send(&bench, topic()).await.is_ok(), allowed, "{condition}");
    }
    assert_eq!(bench.sqs.denied(), [(ARN.to_owned(), "sns.amazonaws.com".to_owned(), 3)]);
}

#[tokio::test]
async fn an_account_sends_into_its_own_queues_and_into_those_that_let_it() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    assert_eq!(send(&bench, Sender::Account("000000000000".into())).await, Ok(()));
    let other = || Sender::Account("111111111111".into());
    assert!(matches!(send(&bench, other()).await, Err(PortError::Denied(_))));
    let grant =
        json!({"QueueUrl": url, "Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]});
    bench.call::<AddPermission>(grant).await.unwrap();
    assert_eq!(send(&bench, other()).await, Ok(()));
}

#[tokio::test]
async fn lenient_policies_turn_nobody_away() {
    let bench = Bench::with(crate::Settings { lenient_policies: true, ..crate::Settings::default() });
    bench.create("q", json!({})).await;
    assert_eq!(send(&bench, topic()).await, Ok(()));
}

#[tokio::test]
async fn a_policy_is_checked_when_it_is_set_and_removed_by_the_empty_text() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    for wrong in ["x", "{}", &allowing(&json!({})).replace("sqs:SendMessage", "sns:Publish")] {
        assert_eq!(refused(set(&bench, &url, wrong).await).0, "InvalidAttributeValue", "{wrong}");
    }
    let policy = allowing(&json!({"ArnEquals": {"aws:SourceArn": TOPIC}}));
    set(&bench, &url, &policy).await.unwrap();
    assert_eq!(bench.attribute(&url, "Policy").await, policy);
    set(&bench, &url, "").await.unwrap();
    assert_eq!(bench.attribute(&url, "Policy").await, Json::Null);
}

#[tokio::test]
async fn permissions_become_statements_of_the_policy() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let add = async |label: &str, accounts: &[&str], actions: &[&str]| {
        let input = json!({"QueueUrl": url, "Label": label, "AWSAccountIds": accounts, "Actions": actions});
        bench.call::<AddPermission>(input).await
    };
    let remove =
        async |label: &str| bench.call::<RemovePermission>(json!({"QueueUrl": url, "Label": label})).await;
    add("one", &["111111111111"], &["ReceiveMessage"]).await.unwrap();
    let expected = json!({
        "Version": "2008-10-17",
        "Id": format!("{ARN}/SQSDefaultPolicy"),
        "Statement": [{
            "Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "SQS:ReceiveMessage", "Resource": ARN,
        }],
    });
    let policy = bench.attribute(&url, "Policy").await;
    assert_eq!(serde_json::from_str::<Json>(policy.as_str().unwrap()).unwrap(), expected);
    let taken = "Value one for parameter Label is invalid. Reason: Already exists.";
    let again = refused(add("one", &["111111111111"], &["*"]).await);
    assert_eq!(again, ("InvalidParameterValue".into(), taken.into()));
    add("two", &["111111111111", "222222222222"], &["*"]).await.unwrap();
    remove("one").await.unwrap();
    let text = "Value one for parameter Label is invalid. Reason: can't find label.";
    assert_eq!(refused(remove("one").await), ("InvalidParameterValue".into(), text.into()));
    remove("two").await.unwrap();
    assert_eq!(bench.attribute(&url, "Policy").await, Json::Null);
}

#[tokio::test]
async fn permissions_are_for_accounts_and_actions_that_can_be_shared() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let add = async |label: &str, account: &str, actions: Vec<&str>| {
        let input = json!({"QueueUrl": url, "Label": label, "AWSAccountIds": [account], "Actions": actions});
        refused(bench.call::<AddPermission>(input).await)
    };
    let invalid = "InvalidParameterValue";
    for (label, account, actions, code, text) in [
        (
            "a b",
            "111111111111",
            vec!["*"],
            invalid,
            "Value a b for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        ),
        (
            "a",
            "me",
            vec!["*"],
            invalid,
            "Value [me] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        ),
        (
            "a",
            "111111111111",
            vec!["DeleteQueue"],
            invalid,
            "Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.",
        ),
        (
            "a",
            "111111111111",
            vec!["Nonsense"],
            invalid,
            "Value SQS:Nonsense for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.",
        ),
        (
            "a",
            "111111111111",
            vec!["SendMessage"; 8],
            "OverLimit",
            "8 Actions were found, maximum allowed is 7.",
        ),
    ] {
        assert_eq!(add(label, account, actions).await, (code.into(), text.into()));
    }
    let missing = bench.call::<AddPermission>(
        json!({"QueueUrl": "http://x/000000000000/none", "Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["*"]}),
    );
    assert_eq!(refused(missing.await).0, "AWS.SimpleQueueService.NonExistentQueue");
}

#[tokio::test]
async fn a_policy_has_at_most_twenty_statements() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    for number in 0..21 {
        let label = number.to_string();
        let input =
            json!({"QueueUrl": url, "Label": label, "AWSAccountIds": ["111111111111"], "Actions": ["*"]});
        let added = bench.call::<AddPermission>(input).await;
        if number < 20 {
            added.unwrap();
        } else {
            assert_eq!(refused(added).0, "OverLimit");
        }
    }
}

const OTHER: &str = "111111111111";

fn other(bench: &Bench) -> Context {
    let mut context = bench.context();
    context.caller.account = AccountId::parse(OTHER).unwrap();
    context
}

fn of_other(action: &str, condition: &Json) -> String {
    let statement = json!({
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OTHER}:root")},
        "Action": action, "Resource": ARN, "Condition": condition,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

#[tokio::test]
async fn another_account_uses_a_queue_only_as_its_policy_allows() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let send = async || {
        bench.call_as::<SendMessage>(&other(&bench), json!({"QueueUrl": url, "MessageBody": "x"})).await
    };
    let denied = refused(send().await);
    let text = format!(
        "User: arn:aws:iam::{OTHER}:root is not authorized to perform: sqs:sendmessage on resource: {ARN} because no resource-based policy allows the sqs:sendmessage action"
    );
    assert_eq!(denied, ("AccessDenied".into(), text));
    set(&bench, &url, &of_other("sqs:SendMessage", &json!({}))).await.unwrap();
    send().await.unwrap();
    // Entries of a batch need the permission of single messages.
    let entries = json!({"QueueUrl": url, "Entries": [{"Id": "1", "MessageBody": "x"}]});
    bench.call_as::<actions::SendMessageBatch>(&other(&bench), entries).await.unwrap();
    let receive = bench.call_as::<ReceiveMessage>(&other(&bench), json!({"QueueUrl": url})).await;
    assert_eq!(refused(receive).0, "AccessDenied");
    let elsewhere = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    set(&bench, &url, &of_other("sqs:*", &elsewhere)).await.unwrap();
    assert_eq!(refused(send().await).0, "AccessDenied");
}

#[tokio::test]
async fn what_is_the_owners_alone_no_policy_gives_away() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    set(&bench, &url, &of_other("sqs:*", &json!({}))).await.unwrap();
    let context = other(&bench);
    bench.call_as::<PurgeQueue>(&context, json!({"QueueUrl": url})).await.unwrap();
    let deleted = bench.call_as::<actions::DeleteQueue>(&context, json!({"QueueUrl": url})).await;
    assert_eq!(refused(deleted).0, "AccessDenied");
    let tags = json!({"QueueUrl": url, "Tags": {"a": "b"}});
    assert_eq!(refused(bench.call_as::<TagQueue>(&context, tags).await).0, "AccessDenied");
    let named = json!({"QueueName": "q", "QueueOwnerAWSAccountId": "000000000000"});
    bench.call_as::<GetQueueUrl>(&context, named).await.unwrap();
}

#[tokio::test]
async fn an_explicit_deny_turns_away_the_owner_too_but_never_locks_it_out() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let denying = |condition: Json| {
        let statement = json!({
            "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": ARN, "Condition": condition,
        });
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    set(&bench, &url, &denying(json!({"Bool": {"aws:SecureTransport": "false"}}))).await.unwrap();
    bench.send(&url, "x").await;
    set(&bench, &url, &denying(json!({"StringNotEquals": {"aws:PrincipalAccount": OTHER}}))).await.unwrap();
    let send = bench.call::<SendMessage>(json!({"QueueUrl": url, "MessageBody": "x"})).await;
    assert!(refused(send).1.ends_with("with an explicit deny in a resource-based policy"));
    set(&bench, &url, "").await.unwrap();
    bench.send(&url, "x").await;
}

#[tokio::test]
async fn lenient_policies_turn_no_account_away() {
    let bench = Bench::with(crate::Settings { lenient_policies: true, ..crate::Settings::default() });
    let url = bench.create("q", json!({})).await;
    let input = json!({"QueueUrl": url, "MessageBody": "x"});
    bench.call_as::<SendMessage>(&other(&bench), input).await.unwrap();
}
