//! Logs by `tracing`, in the format and from the level on that the function's logging configuration says.

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tracing::{self, debug, info};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

async fn handle(event: LambdaEvent<Value>) -> Result<(), Error> {
    debug!("seldom wanted");
    info!(article = event.payload["article"].as_str(), "ordered");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    Runtime::new(service_fn(handle)).layer(TracingLayer::new()).run().await
}
