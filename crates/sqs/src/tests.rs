//! Requests as clients write them, against the engine in memory. Expected answers are AWS's.

use std::sync::Arc;
use std::time::Duration;

use aws::{AccountId, Region, RequestId};
use engine::Clock as _;
use local::{Durability, Local, Settings};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use service::{Action, Caller, Context, CountingIds, Endpoint, Ids as _, Protocol, ServiceError};
use testkit::SimulatedClock;

mod move_tasks;
mod permissions;
mod rules;

use crate::actions::*;
use crate::{Sqs, actions};

const JSON: Protocol = Protocol::AwsJson { content_type: "application/x-amz-json-1.0", query_error: true };

struct Bench {
    sqs: Arc<Sqs>,
    clock: SimulatedClock,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(crate::Settings::default())
    }

    fn with(settings: crate::Settings) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let engine_settings = Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Memory,
            partitions: 2,
            history: None,
        };
        let engine = Local::open(&engine_settings, Arc::new(clock.clone())).unwrap();
        Self { sqs: Sqs::new(engine, Arc::new(CountingIds::default()), settings), clock, _folder: folder }
    }

    fn context(&self) -> Context {
        Context {
            request_id: RequestId(CountingIds::default().uuid()),
            now: self.clock.now(),
            caller: Caller {
                account: AccountId::local(),
                region: Region::default_region(),
                access_key_id: "test".into(),
            },
            endpoint: Endpoint::of_host("localhost:4566"),
            trace: None,
            source_ip: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    async fn call<A: Action<Service = Sqs>>(&self, input: Json) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        self.call_as::<A>(&self.context(), input).await
    }

    async fn call_as<A: Action<Service = Sqs>>(
        &self,
        context: &Context,
        input: Json,
    ) -> Result<Json, ServiceError>
    where
        A::Input: DeserializeOwned,
    {
        let input = A::Input::deserialize(input).expect("the test's own input");
        let output = A::run(&self.sqs, context, input).await?;
        Ok(serde_json::from_slice(&JSON.encode(A::NAME, "id", &output).body).unwrap())
    }

    async fn create(&self, name: &str, attributes: Json) -> String {
        let answer =
            self.call::<CreateQueue>(json!({"QueueName": name, "Attributes": attributes})).await.unwrap();
        answer["QueueUrl"].as_str().unwrap().to_owned()
    }

    async fn send(&self, url: &str, body: &str) -> Json {
        self.call::<SendMessage>(json!({"QueueUrl": url, "MessageBody": body})).await.unwrap()
    }

    async fn receive(&self, url: &str, more: Json) -> Vec<Json> {
        let mut input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.call::<ReceiveMessage>(input).await.unwrap();
        answer.get("Messages").and_then(Json::as_array).cloned().unwrap_or_default()
    }

    async fn attribute(&self, url: &str, name: &str) -> Json {
        let input = json!({"QueueUrl": url, "AttributeNames": [name]});
        self.call::<GetQueueAttributes>(input).await.unwrap()["Attributes"][name].clone()
    }
}

fn refused(result: Result<Json, ServiceError>) -> (String, String) {
    let error = result.expect_err("it should be refused");
    (error.row.query_code.to_owned(), error.message.into_owned())
}

#[tokio::test]
async fn a_queue_is_created_once_and_compared_by_what_is_given() {
    let bench = Bench::new();
    let url = bench.create("q", json!({"VisibilityTimeout": "40"})).await;
    assert_eq!(url, "http://localhost:4566/000000000000/q");
    assert_eq!(bench.create("q", json!({})).await, url);
    assert_eq!(bench.create("q", json!({"VisibilityTimeout": "40"})).await, url);
    let other =
        bench.call::<CreateQueue>(json!({"QueueName": "q", "Attributes": {"VisibilityTimeout": "41"}})).await;
    let text =
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout";
    assert_eq!(refused(other), ("QueueAlreadyExists".into(), text.into()));
    let found = bench.call::<GetQueueUrl>(json!({"QueueName": "q"})).await.unwrap();
    assert_eq!(found["QueueUrl"], url);
    let missing = bench.call::<GetQueueUrl>(json!({"QueueName": "none"})).await;
    assert_eq!(refused(missing).0, "AWS.SimpleQueueService.NonExistentQueue");
}

#[tokio::test]
async fn attributes_have_their_ranges_and_defaults() {
    let bench = Bench::new();
    for (name, value, code) in [
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "-1", "InvalidAttributeValue"),
        ("Nonsense", "1", "InvalidAttributeName"),
        ("FifoQueue", "false", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ("RedrivePolicy", "{}", "InvalidParameterValue"),
    ] {
        let input = json!({"QueueName": "x", "Attributes": {name: value}});
        assert_eq!(refused(bench.call::<CreateQueue>(input).await).0, code, "{name}");
    }
    let url = bench.create("q", json!({})).await;
    let all =
        bench.call::<GetQueueAttributes>(json!({"QueueUrl": url, "AttributeNames": ["All"]})).await.unwrap();
    let expected = json!({
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": "1767225600",
        "DelaySeconds": "0",
        "LastModifiedTimestamp": "1767225600",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    });
    assert_eq!(all["Attributes"], expected);
    assert_eq!(bench.call::<GetQueueAttributes>(json!({"QueueUrl": url})).await.unwrap(), json!({}));
    let unknown = bench.call::<GetQueueAttributes>(json!({"QueueUrl": url, "AttributeNames": ["X"]})).await;
    assert_eq!(refused(unknown), ("InvalidAttributeName".into(), "Unknown Attribute X.".into()));
}

#[tokio::test]
async fn a_message_goes_through_with_digests_and_attributes() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let attributes = json!({
        "city": {"DataType": "String", "StringValue": "Tokyo"},
        "raw": {"DataType": "Binary", "BinaryValue": "AAE="},
    });
    let trace = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-0-0"}});
    let input = json!({
        "QueueUrl": url, "MessageBody": "This is a test message",
        "MessageAttributes": attributes, "MessageSystemAttributes": trace,
    });
    let sent = bench.call::<SendMessage>(input).await.unwrap();
    assert_eq!(sent["MD5OfMessageBody"], "fafb00f5732ab283681e124bf8747ed1");
    assert!(sent["MD5OfMessageSystemAttributes"].is_string() && sent.get("SequenceNumber").is_none());
    let bare = bench.receive(&url, json!({"VisibilityTimeout": 0})).await.remove(0);
    assert!(
        bare.get("Attributes").is_none() && bare.get("MessageAttributes").is_none(),
        "nothing unless asked"
    );
    let asked = json!({"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]});
    let full = bench.receive(&url, asked).await.remove(0);
    assert_eq!(full["MessageId"], sent["MessageId"]);
    assert_eq!(full["Body"], "This is a test message");
    assert_eq!(full["MessageAttributes"], attributes);
    assert_eq!(full["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(full["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(full["Attributes"]["AWSTraceHeader"], "Root=1-0-0");
    assert_eq!(full["Attributes"]["SentTimestamp"], "1767225600000");
    let input = json!({"QueueUrl": url, "ReceiptHandle": full["ReceiptHandle"]});
    assert_eq!(bench.call::<DeleteMessage>(input).await.unwrap(), json!({}));
    assert_eq!(bench.attribute(&url, "ApproximateNumberOfMessagesNotVisible").await, "0");
}

#[tokio::test]
async fn messages_that_do_not_fit_are_refused_in_aws_words() {
    let bench = Bench::new();
    let url = bench.create("q", json!({"MaximumMessageSize": "1024"})).await;
    let send = async |body: &str, more: Json| {
        let mut input = json!({"QueueUrl": url, "MessageBody": body});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        refused(bench.call::<SendMessage>(input).await)
    };
    let text = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    assert_eq!(send(&"x".repeat(1025), json!({})).await, ("InvalidParameterValue".into(), text.into()));
    let attribute =
        json!({"MessageAttributes": {"a": {"DataType": "String", "StringValue": "x".repeat(20)}}});
    assert_eq!(send(&"x".repeat(1000), attribute).await.1, text, "attributes count");
    assert_eq!(send("a\u{1}b", json!({})).await.0, "InvalidMessageContents");
    assert_eq!(send("", json!({})).await.1, "The request must contain the parameter MessageBody.");
    assert_eq!(send("x", json!({"DelaySeconds": 901})).await.0, "InvalidParameterValue");
    let nowhere =
        bench.call::<SendMessage>(json!({"QueueUrl": "http://x/000000000000/no", "MessageBody": "x"})).await;
    assert_eq!(
        refused(nowhere),
        ("AWS.SimpleQueueService.NonExistentQueue".into(), "The specified queue does not exist.".into())
    );
}

#[tokio::test]
async fn receive_checks_its_numbers() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    for (parameter, value, text) in [
        (
            "MaxNumberOfMessages",
            11,
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            "WaitTimeSeconds",
            21,
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
        (
            "VisibilityTimeout",
            43_201,
            "Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200",
        ),
    ] {
        let answer = bench.call::<ReceiveMessage>(json!({"QueueUrl": url, parameter: value})).await;
        assert_eq!(refused(answer), ("InvalidParameterValue".into(), text.into()));
    }
    assert_eq!(bench.call::<ReceiveMessage>(json!({"QueueUrl": url})).await.unwrap(), json!({}));
}

#[tokio::test]
async fn the_queues_own_wait_time_is_a_long_poll() {
    let bench = Bench::new();
    let url = bench.create("q", json!({"ReceiveMessageWaitTimeSeconds": "20"})).await;
    let mut waiting = Box::pin(bench.receive(&url, json!({})));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    bench.send(&url, "x").await;
    assert_eq!(waiting.await.len(), 1);
}

#[tokio::test]
async fn batches_answer_for_each_entry() {
    let bench = Bench::new();
    let url = bench.create("q", json!({"MaximumMessageSize": "1024"})).await;
    let entry = |id: &str, body: &str| json!({"Id": id, "MessageBody": body});
    let batch = async |entries: Vec<Json>| {
        bench.call::<SendMessageBatch>(json!({"QueueUrl": url, "Entries": entries})).await
    };
    let answer = batch(vec![entry("a", "x"), entry("b", &"x".repeat(1025))]).await.unwrap();
    assert_eq!(answer["Successful"][0]["Id"], "a");
    let text = "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.";
    let failed = json!({"Id": "b", "SenderFault": true, "Code": "InvalidParameterValue", "Message": text});
    assert_eq!(answer["Failed"], json!([failed]));
    for (entries, code) in [
        (vec![], "AWS.SimpleQueueService.EmptyBatchRequest"),
        (vec![entry("a", "x"), entry("a", "y")], "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
        (vec![entry("a b", "x")], "AWS.SimpleQueueService.InvalidBatchEntryId"),
        (
            (0..11).map(|number| entry(&number.to_string(), "x")).collect(),
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        ),
        (
            (0..10).map(|number| entry(&number.to_string(), &"x".repeat(104_858))).collect(),
            "AWS.SimpleQueueService.BatchRequestTooLong",
        ),
    ] {
        assert_eq!(refused(batch(entries).await).0, code);
    }
    let taken = bench.receive(&url, json!({})).await.remove(0);
    let entries = json!([
        {"Id": "1", "ReceiptHandle": taken["ReceiptHandle"], "VisibilityTimeout": 0},
        {"Id": "2", "ReceiptHandle": "junk", "VisibilityTimeout": 0},
    ]);
    let input = json!({"QueueUrl": url, "Entries": entries});
    let answer = bench.call::<ChangeMessageVisibilityBatch>(input).await.unwrap();
    assert_eq!(
        (&answer["Successful"][0]["Id"], &answer["Failed"][0]["Code"]),
        (&json!("1"), &json!("ReceiptHandleIsInvalid"))
    );
    let again = bench.receive(&url, json!({})).await.remove(0);
    let entries = json!([{"Id": "1", "ReceiptHandle": again["ReceiptHandle"]}]);
    let answer =
        bench.call::<DeleteMessageBatch>(json!({"QueueUrl": url, "Entries": entries})).await.unwrap();
    assert_eq!(answer, json!({"Successful": [{"Id": "1"}]}));
}

#[tokio::test]
async fn fifo_queues_ask_for_groups_and_ids() {
    let bench = Bench::new();
    let url = bench.create("q.fifo", json!({"FifoQueue": "true"})).await;
    let send = async |more: Json| {
        let mut input = json!({"QueueUrl": url, "MessageBody": "x"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.call::<SendMessage>(input).await
    };
    let text = "The request must contain the parameter MessageGroupId.";
    assert_eq!(refused(send(json!({})).await), ("MissingParameter".into(), text.into()));
    let text = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    assert_eq!(
        refused(send(json!({"MessageGroupId": "g"})).await),
        ("InvalidParameterValue".into(), text.into())
    );
    let text = "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.";
    let delayed = json!({"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2});
    assert_eq!(refused(send(delayed).await).1, text);
    let text = "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    assert_eq!(refused(send(json!({"MessageGroupId": "a b"})).await).1, text);
    let first = send(json!({"MessageGroupId": "g", "MessageDeduplicationId": "d"})).await.unwrap();
    let second = send(json!({"MessageGroupId": "g", "MessageDeduplicationId": "d"})).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(first["SequenceNumber"].as_str().unwrap().len(), 20);
    let taken = bench.receive(&url, json!({"AttributeNames": ["All"]})).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["Attributes"]["MessageGroupId"], "g");
    assert_eq!(taken[0]["Attributes"]["SequenceNumber"], first["SequenceNumber"]);
    bench.clock.advance(Duration::from_secs(31));
    let late = bench
        .call::<DeleteMessage>(json!({"QueueUrl": url, "ReceiptHandle": taken[0]["ReceiptHandle"]}))
        .await;
    assert!(refused(late).1.ends_with("The receipt handle has expired."));
}

#[tokio::test]
async fn content_based_deduplication_is_by_the_body() {
    let bench = Bench::new();
    let url = bench.create("q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
    let input = json!({"QueueUrl": url, "MessageBody": "x", "MessageGroupId": "g"});
    let first = bench.call::<SendMessage>(input.clone()).await.unwrap();
    assert_eq!(bench.call::<SendMessage>(input).await.unwrap(), first);
}

#[tokio::test]
async fn redrive_needs_an_existing_queue_of_the_same_kind() {
    let bench = Bench::new();
    bench.create("dlq", json!({})).await;
    bench.create("dlq.fifo", json!({"FifoQueue": "true"})).await;
    let policy = |name: &str| {
        json!({"deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:000000000000:{name}"), "maxReceiveCount": 1}).to_string()
    };
    for wrong in ["none", "dlq.fifo"] {
        let input = json!({"QueueName": "x", "Attributes": {"RedrivePolicy": policy(wrong)}});
        assert_eq!(refused(bench.call::<CreateQueue>(input).await).0, "InvalidParameterValue", "{wrong}");
    }
    let url = bench.create("q", json!({"RedrivePolicy": policy("dlq")})).await;
    bench.send(&url, "poison").await;
    assert_eq!(bench.receive(&url, json!({"VisibilityTimeout": 0})).await.len(), 1);
    assert_eq!(bench.receive(&url, json!({})).await.len(), 0);
    let dead_url = "http://localhost:4566/000000000000/dlq";
    let dead =
        bench.receive(dead_url, json!({"AttributeNames": ["All"], "WaitTimeSeconds": 20})).await.remove(0);
    assert_eq!(dead["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
    let sources = bench.call::<ListDeadLetterSourceQueues>(json!({"QueueUrl": dead_url})).await.unwrap();
    assert_eq!(sources, json!({"queueUrls": [url]}));
    let removed = json!({"QueueUrl": url, "Attributes": {"RedrivePolicy": ""}});
    bench.call::<SetQueueAttributes>(removed).await.unwrap();
    assert_eq!(bench.attribute(&url, "RedrivePolicy").await, Json::Null);
}

#[tokio::test]
async fn queues_are_listed_in_pages_and_tagged() {
    let bench = Bench::new();
    for name in ["a1", "b1", "b2", "b3"] {
        bench.create(name, json!({})).await;
    }
    let list = async |input: Json| bench.call::<ListQueues>(input).await.unwrap();
    let first = list(json!({"QueueNamePrefix": "b", "MaxResults": 2})).await;
    assert_eq!(first["QueueUrls"].as_array().unwrap().len(), 2);
    let second =
        list(json!({"QueueNamePrefix": "b", "MaxResults": 2, "NextToken": first["NextToken"]})).await;
    assert_eq!(second, json!({"QueueUrls": ["http://localhost:4566/000000000000/b3"]}));
    assert_eq!(list(json!({"QueueNamePrefix": "z"})).await, json!({}));
    for junk in ["junk", "b2", "Lg=="] {
        let refusal = refused(bench.call::<ListQueues>(json!({"NextToken": junk, "MaxResults": 1})).await);
        let text = format!(
            "Value {junk} for parameter NextToken is invalid. Reason: It was not returned by this action."
        );
        assert_eq!(refusal, ("InvalidParameterValue".into(), text));
    }
    let url = second["QueueUrls"][0].as_str().unwrap();
    bench.call::<TagQueue>(json!({"QueueUrl": url, "Tags": {"k": "v", "l": "w"}})).await.unwrap();
    bench.call::<UntagQueue>(json!({"QueueUrl": url, "TagKeys": ["k"]})).await.unwrap();
    let tags = bench.call::<ListQueueTags>(json!({"QueueUrl": url})).await.unwrap();
    assert_eq!(tags, json!({"Tags": {"l": "w"}}));
}

#[tokio::test]
async fn purging_is_allowed_once_a_minute_and_deleting_removes_the_queue() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    bench.send(&url, "x").await;
    bench.call::<PurgeQueue>(json!({"QueueUrl": url})).await.unwrap();
    assert!(bench.receive(&url, json!({})).await.is_empty());
    let again = refused(bench.call::<PurgeQueue>(json!({"QueueUrl": url})).await);
    let text = "Only one PurgeQueue operation on q is allowed every 60 seconds.";
    assert_eq!(again, ("AWS.SimpleQueueService.PurgeQueueInProgress".into(), text.into()));
    bench.call::<actions::DeleteQueue>(json!({"QueueUrl": url})).await.unwrap();
    assert_eq!(
        refused(bench.call::<PurgeQueue>(json!({"QueueUrl": url})).await).0,
        "AWS.SimpleQueueService.NonExistentQueue"
    );
}
