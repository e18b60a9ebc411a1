//! The works of the table, one file a subject.

mod backlog;
mod functions;
mod history;
mod idle;
mod in_turn;
mod long_polls;
mod publish;
mod queues;
mod rates;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::Arguments;
use crate::client::Connection;
use crate::load::Load;
use crate::request::Requests;
use crate::table::{Row, Table};

/// A message's body, bytes.
const BODY_BYTES: usize = 1024;

/// Runs everything that is asked for.
pub(crate) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    if let Some(endpoint) = &arguments.endpoint {
        return rates::of_endpoint(arguments, address(endpoint)?, table).await;
    }
    if arguments.wants("idle") {
        idle::run(arguments, table).await?;
    }
    if arguments.wants("rates") {
        rates::run(arguments, table).await?;
    }
    if arguments.wants("history") {
        history::run(arguments, table).await?;
    }
    if arguments.wants("otlp") {
        history::export(arguments, table).await?;
    }
    functions::run(arguments, table).await?;
    if arguments.wants("long-polls") {
        long_polls::run(arguments, table).await?;
    }
    if arguments.wants("backlog") {
        backlog::run(arguments, table).await?;
    }
    Ok(())
}

fn address(endpoint: &str) -> anyhow::Result<SocketAddr> {
    let authority = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let authority = authority.replace("localhost", "127.0.0.1");
    authority.parse().with_context(|| format!("{endpoint} is not http://ADDRESS:PORT"))
}

impl Arguments {
    /// Whether a group of works is asked for.
    fn wants(&self, group: &str) -> bool {
        group.contains(&self.only)
    }

    fn load(&self) -> Load {
        let measured = Duration::from_secs_f64(self.seconds);
        Load { warm: measured / 3, measured, rate: None }
    }
}

/// The middle one.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One request outside any measurement; its answer as a document.
async fn ask(requests: &Requests, action: &str, body: Value) -> anyhow::Result<Value> {
    let mut connection = Connection::open(requests.address).await?;
    let answer = connection.call(&requests.sqs(action, &body)).await?;
    let body = answer.success().with_context(|| action.to_owned())?;
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(body)? })
}

async fn create_queue(requests: &Requests, name: &str) -> anyhow::Result<String> {
    let answer = ask(requests, "CreateQueue", json!({ "QueueName": name })).await?;
    Ok(answer["QueueUrl"].as_str().context("no QueueUrl")?.to_owned())
}

/// A line of the table.
struct Line<'a> {
    work: &'a str,
    measured: String,
    against: String,
    target: &'a str,
    met: Option<bool>,
    figures: Value,
}

impl Line<'_> {
    fn row(self) -> Row {
        let figures = match self.figures {
            Value::Object(figures) => figures,
            _ => Map::new(),
        };
        let Line { work, measured, against, target, met, .. } = self;
        Row { work: work.to_owned(), measured, against, target: target.to_owned(), met, figures }
    }
}

/// `12,345`.
fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
