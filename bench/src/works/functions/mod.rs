//! Functions: what the way through the server adds to what they do by themselves.

mod article;
mod cold;
mod idle;
mod mapping;
mod warm;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http::Method;
use serde_json::json;

use crate::Arguments;
use crate::process::Process;
use crate::request::Requests;
use crate::table::Table;
use crate::works::ask;

/// How often something is looked at that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    if arguments.wants("functions: warm") {
        warm::run(arguments, table).await?;
    }
    if arguments.wants("functions: cold") {
        cold::run(arguments, table).await?;
    }
    if arguments.wants("functions: mapping") {
        mapping::run(arguments, table).await?;
    }
    if arguments.wants("functions: idle") {
        idle::run(arguments, table).await?;
    }
    article::run(arguments, table).await
}

/// The article's folder, seen from the templates.
const ARTICLE: &str = "../../examples/article";

/// A server that has the article's service between two queues.
async fn with_article(arguments: &Arguments, language: &str) -> anyhow::Result<Process> {
    let python = arguments.python.as_ref().map(|python| python.display().to_string());
    let settings: Vec<&str> = python.iter().flat_map(|python| ["--python", python]).collect();
    let server = Process::konekuta_set(&arguments.program, &arguments.folder, "relaxed", &settings).await?;
    let language = format!("Language={language}");
    server.up(&arguments.program, &arguments.functions.join("article.yaml"), &[&language])?;
    Ok(server)
}

/// A server that has the functions of `bench/functions` and a queue.
async fn with_echo(arguments: &Arguments, durability: &str) -> anyhow::Result<Process> {
    let server = Process::konekuta(&arguments.program, &arguments.folder, durability).await?;
    server.up(&arguments.program, &arguments.functions.join("template.yaml"), &[])?;
    Ok(server)
}

/// The echo function's program by itself.
fn echo(arguments: &Arguments) -> Command {
    Command::new(arguments.functions.join("target/release/echo"))
}

/// The article's service in Python as its own program. It keeps no bytecode, as it keeps none in a function.
fn python_service(python: &Path, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "awslambdaric", "lambda_function.lambda_handler"]).current_dir(folder);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.env("AWS_DEFAULT_REGION", "us-east-1");
    command
}

/// An invocation of a function.
fn invoke(requests: &Requests, function: &str, event: &str) -> Vec<u8> {
    requests.lambda(Method::POST, &format!("/2015-03-31/functions/{function}/invocations"), event)
}

/// Messages that a queue holds, in flight and delayed ones among them.
async fn held(requests: &Requests, queue_url: &str) -> anyhow::Result<u64> {
    let counts = ["", "NotVisible", "Delayed"].map(|kind| format!("ApproximateNumberOfMessages{kind}"));
    let body = json!({ "QueueUrl": queue_url, "AttributeNames": counts });
    let answer = ask(requests, "GetQueueAttributes", body).await?;
    let count = |name: &String| answer["Attributes"][name].as_str()?.parse::<u64>().ok();
    counts.iter().map(count).sum::<Option<u64>>().context("no counts")
}

/// Waits until a queue holds so many messages.
async fn until_held(requests: &Requests, queue_url: &str, messages: u64) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let held = held(requests, queue_url).await?;
        if held == messages {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < PATIENCE, "{queue_url} holds {held} messages, not {messages}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn queue_url(requests: &Requests, name: &str) -> String {
    format!("http://{}/000000000000/{name}", requests.address)
}
