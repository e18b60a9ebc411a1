//! What is made once in an environment and shared by its invocations.

use std::sync::atomic::{AtomicU64, Ordering};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

struct Shared {
    made_for: String,
    invocations: AtomicU64,
}

impl Shared {
    async fn handle(&self, _: LambdaEvent<Value>) -> Result<Value, Error> {
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(json!({"invocation": invocation, "madeFor": self.made_for}))
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let shared =
        &Shared { made_for: std::env::var("AWS_LAMBDA_LOG_STREAM_NAME")?, invocations: AtomicU64::new(0) };
    run(service_fn(|event| shared.handle(event))).await
}
