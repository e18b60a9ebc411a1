//! The first invocation of a function, beside its program started by itself.

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};

use super::{ARTICLE, LOOK_EVERY, echo, invoke, python_service, with_article, with_echo};
use crate::Arguments;
use crate::client::Connection;
use crate::process::Process;
use crate::runtime_ceiling::BareRuntime;
use crate::table::Table;
use crate::works::{Line, median};

const STARTS: usize = 15;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = with_echo(arguments, "memory").await?;
    let mut alone = Vec::new();
    for _ in 0..STARTS {
        alone.push(BareRuntime::start(&mut echo(arguments)).await?.ready_after.as_secs_f64());
    }
    let first = firsts(&server, "echo").await?;
    report(("first Invoke of a Rust function", 3.0), alone, first, table);
    let Some(python) = &arguments.python else { return Ok(()) };
    let server = with_article(arguments, "python").await?;
    let folder = arguments.functions.join(ARTICLE).join("python/service");
    let mut alone = Vec::new();
    for _ in 0..STARTS {
        let mut command = python_service(python, &folder);
        alone.push(BareRuntime::start(&mut command).await?.ready_after.as_secs_f64());
    }
    let first = firsts(&server, "service").await?;
    report(("first Invoke of a Python function that imports boto3", 1.1), alone, first, table);
    Ok(())
}

/// Seconds that the first invocation after each change of a function took.
async fn firsts(server: &Process, function: &str) -> anyhow::Result<Vec<f64>> {
    let requests = server.requests();
    let path = format!("/2015-03-31/functions/{function}/configuration");
    let mut connection = Connection::open(server.address).await?;
    let mut seconds = Vec::new();
    for number in 0..STARTS {
        let change = json!({ "Description": number.to_string() }).to_string();
        connection.call(&requests.lambda(Method::PUT, &path, &change)).await?.success()?;
        while !is_settled(connection.call(&requests.lambda(Method::GET, &path, "")).await?.success()?)? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let request = invoke(&requests, function, r#"{"Records": []}"#);
        let begun = Instant::now();
        connection.call(&request).await?.success()?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

fn is_settled(configuration: &[u8]) -> anyhow::Result<bool> {
    Ok(serde_json::from_slice::<Value>(configuration)?["LastUpdateStatus"] == "Successful")
}

/// `wanted`: the work, and how much longer it may take than the program alone.
fn report(wanted: (&str, f64), alone: Vec<f64>, first: Vec<f64>, table: &mut Table) {
    let (work, most) = wanted;
    let (alone, first) = (median(alone) * 1000.0, median(first) * 1000.0);
    let ratio = first / alone;
    let row = Line {
        work,
        measured: format!("{first:.1} ms"),
        against: format!("{ratio:.2} × {alone:.1} ms, its program until it asks for an event"),
        target: &format!("≤ {most:.2}"),
        met: Some(ratio <= most),
        figures: json!({ "milliseconds": first, "alone_milliseconds": alone, "ratio": ratio }),
    };
    table.add(row.row());
}
