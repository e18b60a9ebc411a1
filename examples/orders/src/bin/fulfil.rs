//! Fulfils orders from the FIFO queue, each customer's in their order: finds the price and keeps the order in the bucket.
//!
//! After one that fails nothing of the batch is done any more: it all comes back, in its order.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use orders::{Order, Prices, Store};
use serde_json::json;

async fn handle(store: &Store, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for record in event.payload.records {
        if response.batch_item_failures.is_empty() {
            match fulfil(store, &record).await {
                Ok(()) => continue,
                Err(error) => {
                    println!("{}", json!({"failed": record.message_id, "error": error.to_string()}))
                }
            }
        }
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = record.message_id.unwrap_or_default();
        response.batch_item_failures.push(failure);
    }
    Ok(response)
}

async fn fulfil(store: &Store, record: &SqsMessage) -> Result<(), Error> {
    let order: Order = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
    // Read each time: it may have been mended since.
    let prices: Prices = store.read("prices.json").await?.ok_or("there is no price list (prices.json)")?;
    let priced = order.priced(&prices)?;
    store.write(&format!("orders/{}.json", priced.order.id), &priced).await?;
    println!("{}", json!({"fulfilled": priced.order.id, "total": priced.total}));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let store = &Store::new(&config, std::env::var("BUCKET")?);
    run(service_fn(|event| handle(store, event))).await
}
