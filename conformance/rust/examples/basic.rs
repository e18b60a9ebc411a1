//! Typed events and answers, and what the context tells.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Question {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    greeting: String,
    request_id: String,
    function: String,
    milliseconds_left: u128,
}

async fn handle(event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let context = event.context;
    Ok(Answer {
        greeting: format!("Hello, {}", event.payload.name),
        milliseconds_left: context.deadline().duration_since(std::time::SystemTime::now())?.as_millis(),
        function: context.env_config.function_name.clone(),
        request_id: context.request_id,
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
