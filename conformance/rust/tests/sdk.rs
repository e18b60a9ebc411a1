//! The AWS SDK for Rust against the binary that `KONEKUTA` names.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};

/// A running server, gone with the test.
struct Server {
    process: Child,
    endpoint: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = std::env::var("KONEKUTA").expect("KONEKUTA names the binary");
        let mut process = Command::new(binary)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.split("ready at ").nth(1).expect("the server starts").trim().to_owned();
        Self { process, endpoint, _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

macro_rules! client {
    ($sdk:ident, $server:expr) => {{
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::new("123456789012", "secret", None, None, "test"))
            .endpoint_url(&$server.endpoint)
            .http_client(http);
        config
    }};
}

#[tokio::test]
async fn queues_and_topics() {
    let server = Server::start();
    let sqs = aws_sdk_sqs::Client::from_conf(client!(aws_sdk_sqs, server).build());
    let sns = aws_sdk_sns::Client::from_conf(client!(aws_sdk_sns, server).build());
    let url = sqs.create_queue().queue_name("q").send().await.unwrap().queue_url.unwrap();
    let attribute = MessageAttributeValue::builder().data_type("String").string_value("v").build().unwrap();
    let sent =
        sqs.send_message().queue_url(&url).message_body("hello").message_attributes("k", attribute).send().await.unwrap();
    let received = sqs.receive_message().queue_url(&url).message_attribute_names("All").send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!((message.message_id(), message.body()), (sent.message_id(), Some("hello")));
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    sqs.delete_message().queue_url(&url).receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();

    let topic = sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    assert_eq!(topic, "arn:aws:sns:ap-northeast-1:123456789012:t");
    let arn = "arn:aws:sqs:ap-northeast-1:123456789012:q";
    let policy = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":"sns.amazonaws.com"}},"Action":"sqs:SendMessage",
        "Resource":"{arn}","Condition":{{"ArnEquals":{{"aws:SourceArn":"{topic}"}}}}}}]}}"#
    );
    sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::Policy, policy).send().await.unwrap();
    let subscription = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn);
    subscription.attributes("RawMessageDelivery", "true").send().await.unwrap();
    sns.publish().topic_arn(&topic).message("published").send().await.unwrap();
    let received = sqs.receive_message().queue_url(&url).wait_time_seconds(20).send().await.unwrap();
    assert_eq!(received.messages()[0].body(), Some("published"));

    let missing = sqs.get_queue_url().queue_name("none").send().await.unwrap_err().into_service_error();
    assert!(missing.is_queue_does_not_exist(), "{missing:?}");
    let missing = sns.publish().topic_arn(format!("{topic}x")).message("x").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn fifo_queues_keep_order_and_drop_duplicates() {
    let server = Server::start();
    let sqs = aws_sdk_sqs::Client::from_conf(client!(aws_sdk_sqs, server).build());
    let created = sqs.create_queue().queue_name("q.fifo").attributes(QueueAttributeName::FifoQueue, "true");
    let url = created.send().await.unwrap().queue_url.unwrap();
    let entry = |id: &str, body: &str| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(body);
        entry.message_group_id("g").message_deduplication_id(body).build().unwrap()
    };
    let batch = sqs.send_message_batch().queue_url(&url);
    let batch = batch.entries(entry("1", "a")).entries(entry("2", "b")).entries(entry("3", "a"));
    assert_eq!(batch.send().await.unwrap().successful().len(), 3);
    let received = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    let bodies: Vec<&str> = received.messages().iter().filter_map(|message| message.body()).collect();
    assert_eq!(bodies, ["a", "b"]);
}

#[tokio::test]
async fn queues_answer_with_the_sdks_own_errors() {
    let server = Server::start();
    let sqs = aws_sdk_sqs::Client::from_conf(client!(aws_sdk_sqs, server).build());
    let url = sqs.create_queue().queue_name("q").send().await.unwrap().queue_url.unwrap();
    let other = sqs.create_queue().queue_name("q").attributes(QueueAttributeName::DelaySeconds, "1");
    assert!(other.send().await.unwrap_err().into_service_error().is_queue_name_exists());
    let junk = sqs.delete_message().queue_url(&url).receipt_handle("junk").send().await.unwrap_err();
    assert!(junk.into_service_error().is_receipt_handle_is_invalid());
    let empty = sqs.send_message_batch().queue_url(&url).set_entries(Some(Vec::new())).send().await.unwrap_err();
    assert!(empty.into_service_error().is_empty_batch_request());
    sqs.purge_queue().queue_url(&url).send().await.unwrap();
    let again = sqs.purge_queue().queue_url(&url).send().await.unwrap_err();
    assert!(again.into_service_error().is_purge_queue_in_progress());
    let policy = sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::Policy, "{}");
    assert!(policy.send().await.unwrap_err().into_service_error().is_invalid_attribute_value());
    let nothing = sqs.receive_message().queue_url(&url).send().await.unwrap();
    assert!(nothing.messages.is_none(), "an empty receive has no list at all");
}

#[tokio::test]
async fn dead_letters_move_back() {
    let server = Server::start();
    let sqs = aws_sdk_sqs::Client::from_conf(client!(aws_sdk_sqs, server).build());
    let dead = "arn:aws:sqs:ap-northeast-1:123456789012:dead";
    let redrive = format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":1}}"#);
    sqs.create_queue().queue_name("dead").send().await.unwrap();
    let none = sqs.start_message_move_task().source_arn(format!("{dead}x")).send().await.unwrap_err();
    assert!(none.into_service_error().is_resource_not_found_exception());
    let source = sqs.create_queue().queue_name("q").attributes(QueueAttributeName::RedrivePolicy, redrive);
    let url = source.send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(&url).message_body("x").send().await.unwrap();
    for expected in [1, 0] {
        let received = sqs.receive_message().queue_url(&url).visibility_timeout(0).send().await.unwrap();
        assert_eq!(received.messages().len(), expected);
    }
    let dead_url = sqs.get_queue_url().queue_name("dead").send().await.unwrap().queue_url.unwrap();
    let waiting = sqs.receive_message().queue_url(&dead_url).wait_time_seconds(20).visibility_timeout(0);
    let found = waiting.send().await.unwrap();
    sqs.start_message_move_task().source_arn(dead).send().await.unwrap().task_handle.unwrap();
    let back = sqs.receive_message().queue_url(&url).wait_time_seconds(20).send().await.unwrap();
    assert_eq!(back.messages()[0].body(), Some("x"));
    assert_ne!(back.messages()[0].message_id(), found.messages()[0].message_id(), "it is a new message");
}

#[tokio::test]
async fn objects() {
    let server = Server::start();
    let s3 = aws_sdk_s3::Client::from_conf(client!(aws_sdk_s3, server).force_path_style(true).build());
    s3.create_bucket().bucket("bucket").send().await.unwrap();
    let body = ByteStream::from_static(b"hello world");
    s3.put_object().bucket("bucket").key("a b/ü").body(body).send().await.unwrap();
    let got = s3.get_object().bucket("bucket").key("a b/ü").send().await.unwrap();
    assert_eq!(got.e_tag(), Some("\"5eb63bbbe01eeed093cb22bb8f5acdc3\""));
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "hello world");
    let listed = s3.list_objects_v2().bucket("bucket").prefix("a b/").send().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some("a b/ü"));
    let missing = s3.get_object().bucket("bucket").key("none").send().await.unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
}

#[tokio::test]
async fn functions_are_refused_in_lambdas_words() {
    let server = Server::start();
    let lambda = aws_sdk_lambda::Client::from_conf(client!(aws_sdk_lambda, server).build());
    assert!(lambda.list_functions().send().await.unwrap().functions().is_empty());
    let missing = lambda.invoke().function_name("none").send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception());
    assert_eq!(
        missing.message(),
        Some("Function not found: arn:aws:lambda:ap-northeast-1:123456789012:function:none")
    );
}
