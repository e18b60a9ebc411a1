//! `konekuta start STEP`: a workflow from the middle.

use std::sync::Arc;

use anyhow::Context as _;
use engine::Clock;
use http::Method;
use serde_json::{Value as Json, json};

use crate::connection::Connection;

/// Start a function, queue or topic: the message is wrapped as it would be on its way there.
#[derive(clap::Args, Debug)]
pub(crate) struct Start {
    /// A function, queue or topic: its name (`function:…`, `queue:…`, `topic:…` where several have it) or ARN.
    step: String,
    /// The message, as the step's own code sees it.
    #[arg(long, conflicts_with = "request", required_unless_present = "request")]
    message: Option<String>,
    /// What the step got in the journey that this finds: a request id, message id, S3 key ….
    #[arg(long)]
    request: Option<String>,
    /// The step to end at: what it brings about is told and goes no further.
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn start(arguments: Start, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let client = arguments.connection.client(clock);
    let mut input = json!({"step": arguments.step});
    if let Some(message) = arguments.message {
        input["message"] = json!(message);
    }
    if let Some(request) = arguments.request {
        input["request"] = json!(request);
    }
    if let Some(to) = arguments.to {
        input["to"] = json!(to);
    }
    let answer = client
        .rest("konekuta", Method::POST, "/_konekuta/api/start", Some(&input))
        .await
        .with_context(|| format!("cannot start {}", arguments.step))?;
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    println!("started {} by {}", text("step"), text("by"));
    println!("{}", text("journey"));
    print_way(&answer);
    Ok(())
}

/// How far it goes, if it is to end somewhere.
pub(crate) fn print_way(answer: &Json) {
    let way: Vec<&str> = answer["way"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if !way.is_empty() {
        println!("no further than {}", way.join(", "));
    }
}
