//! Reads what the preprocessor has stored, changes it, stores it and tells the notifier: service01 and service02, which
//! differ in their settings only.
//!
//! A record that fails is reported alone: the others of its batch are done and do not come back.

use aws_config::BehaviorVersion;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_s3::primitives::ByteStream;
use futures_util::future::join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

const PREVIOUS_SERVICE_NAME: &str = "preprocessor";

/// What stays between invocations.
struct Service {
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    name: String,
    cleared_key: String,
    bucket: String,
    prefix: String,
    notifier: String,
}

impl Service {
    async fn handle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        let records = &event.payload.records;
        // At once: most of the time goes into waiting for AWS.
        let processed = join_all(records.iter().map(|record| self.process(record))).await;
        let mut response = SqsBatchResponse::default();
        for (record, error) in records.iter().zip(processed.into_iter().map(Result::err)) {
            let Some(error) = error else { continue };
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = record.message_id.clone().unwrap_or_default();
            // Debug: the SDK's errors tell what it was only there.
            println!("{}", json!({"failed": failure.item_identifier, "error": format!("{error:?}")}));
            response.batch_item_failures.push(failure);
        }
        Ok(response)
    }

    async fn process(&self, record: &SqsMessage) -> Result<(), Error> {
        let envelope: Value = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
        let message: Value = serde_json::from_str(envelope["Message"].as_str().unwrap_or_default())?;
        let request_id = message["request_id"].as_str().ok_or("the message names no request_id")?;
        let key = |service: &str| format!("{}/{service}/{request_id}.json", self.prefix);

        let object = self.s3.get_object().bucket(&self.bucket).key(key(PREVIOUS_SERVICE_NAME)).send().await?;
        let mut data: Value = serde_json::from_slice(&object.body.collect().await?.into_bytes())?;
        data[&self.cleared_key] = Value::Null;

        let body = ByteStream::from(data.to_string().into_bytes());
        self.s3.put_object().bucket(&self.bucket).key(key(&self.name)).body(body).send().await?;

        let notice = json!({"service": self.name, "request_id": request_id});
        self.sns.publish().topic_arn(&self.notifier).message(notice.to_string()).send().await?;
        println!("{}", json!({"request_id": request_id, "stored": key(&self.name)}));
        Ok(())
    }
}

// One thread: an environment handles one invocation at a time, and has less than a whole processor to itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    // Path style works here and on AWS alike.
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let service = &Service {
        s3: aws_sdk_s3::Client::from_conf(s3),
        sns: aws_sdk_sns::Client::new(&config),
        name: std::env::var("SERVICE_NAME")?,
        cleared_key: std::env::var("CLEARED_KEY")?,
        bucket: std::env::var("S3_BUCKET")?,
        prefix: std::env::var("S3_PREFIX")?,
        notifier: std::env::var("SNS_TOPIC_ARN_NOTIFIER")?,
    };
    lambda_runtime::run(service_fn(|event| service.handle(event))).await
}
