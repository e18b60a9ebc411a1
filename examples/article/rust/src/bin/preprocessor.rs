//! Issues a request id, puts sample data into S3 and tells the connector.

use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_sdk_s3::primitives::ByteStream;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

const SERVICE_NAME: &str = "preprocessor";

/// What stays between invocations.
struct Clients {
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
}

async fn handle(clients: &Clients, _: LambdaEvent<Value>) -> Result<Value, Error> {
    let bucket = std::env::var("S3_BUCKET")?;
    let prefix = std::env::var("S3_PREFIX")?;
    let topic = std::env::var("SNS_TOPIC_ARN_CONNECTOR")?;

    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    let request_id = hex::encode(Md5::digest(moment.to_string()));

    let key = format!("{prefix}/{SERVICE_NAME}/{request_id}.json");
    let data = json!({"key1": "val1", "key2": "val2", "key3": "val3"});
    let body = ByteStream::from(data.to_string().into_bytes());
    clients.s3.put_object().bucket(bucket).key(&key).body(body).send().await?;

    let body = json!({"request_id": request_id});
    clients.sns.publish().topic_arn(topic).message(body.to_string()).send().await?;
    println!("{}", json!({"request_id": request_id, "stored": key}));
    Ok(json!({"statusCode": 200, "body": body}))
}

// One thread: an environment handles one invocation at a time, and has less than a whole processor to itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    // Path style works here and on AWS alike.
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let clients =
        &Clients { s3: aws_sdk_s3::Client::from_conf(s3), sns: aws_sdk_sns::Client::new(&config) };
    lambda_runtime::run(service_fn(|event| handle(clients, event))).await
}
