//! `konekuta logs FUNCTION`: what a function printed.

use std::sync::Arc;

use anyhow::Context as _;
use engine::Clock;
use http::Method;

use crate::connection::Connection;

/// Print a function's log.
#[derive(clap::Args, Debug)]
pub(crate) struct Logs {
    /// Name of the function.
    function: String,
    /// Go on printing as lines are written.
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    connection: Connection,
}

/// How long one request waits for more lines.
const WAIT_SECONDS: u32 = 20;

pub(crate) async fn logs(arguments: Logs, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let client = arguments.connection.client(clock);
    let mut from = 0;
    loop {
        let wait = if arguments.follow { WAIT_SECONDS } else { 0 };
        let path = format!("/_konekuta/logs/{}?from={from}&wait={wait}", arguments.function);
        let answer =
            client.rest("konekuta", Method::GET, &path, None).await.context("cannot read the log")?;
        let lines = answer["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
        for line in lines {
            let moment = aws::timestamp::iso_milliseconds(line["timestamp"].as_u64().unwrap_or(0));
            println!("{moment} {}", line["message"].as_str().unwrap_or_default());
        }
        from = answer["next"].as_u64().unwrap_or(from);
        if lines.is_empty() && !arguments.follow {
            return Ok(());
        }
    }
}
