//! Writes a receipt for each order that comes into the bucket. What it answers goes to its destination.

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use orders::{Priced, Store};
use serde_json::{Value, json};

async fn handle(config: &aws_config::SdkConfig, event: LambdaEvent<S3Event>) -> Result<Value, Error> {
    let mut receipts = Vec::new();
    for record in &event.payload.records {
        receipts.push(write(config, record).await?);
    }
    Ok(json!({"receipts": receipts}))
}

async fn write(config: &aws_config::SdkConfig, record: &S3EventRecord) -> Result<String, Error> {
    // Keys come as in a URL; those of orders look the same in one.
    let key = record.s3.object.key.as_deref().ok_or("the event names no object")?;
    let bucket = record.s3.bucket.name.as_deref().ok_or("the event names no bucket")?;
    let store = Store::new(config, bucket);
    let order: Priced = store.read(key).await?.ok_or_else(|| format!("{key} is not there any more"))?;
    let receipt = format!("receipts/{}.txt", order.order.id);
    store.write_text(&receipt, text(&order)).await?;
    Ok(receipt)
}

fn text(order: &Priced) -> String {
    let mut text = format!("Order {} of {}\n", order.order.id, order.order.customer);
    for line in &order.order.lines {
        text += &format!("{:>6} {}\n", line.count, line.article);
    }
    text + &format!("Total {}.{:02}\n", order.total / 100, order.total % 100)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = &aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    run(service_fn(|event| handle(config, event))).await
}
