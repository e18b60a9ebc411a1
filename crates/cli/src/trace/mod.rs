//! `konekuta trace ID`: what became of a request, as a tree with bars.

mod mermaid;
mod tree;

use std::sync::Arc;

use anyhow::Context as _;
use client::Client;
use engine::Clock;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use crate::connection::Connection;

/// What may stand in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b'=');
/// How long one request waits for more hops.
const WAIT_SECONDS: u32 = 20;

/// Show what became of a request: its whole way through topics, queues, functions and buckets.
#[derive(clap::Args, Debug)]
pub(crate) struct Trace {
    /// A trace id, message id, request id, S3 key, or a word of a message (`request_id=…`).
    id: String,
    /// Print the journey as JSON.
    #[arg(long, conflicts_with = "mermaid")]
    json: bool,
    /// Print a Mermaid sequence diagram.
    #[arg(long)]
    mermaid: bool,
    /// Go on until everything that it brought about is done.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn trace(arguments: Trace, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let client = arguments.connection.client(clock);
    let mut seen = None;
    loop {
        let journey = get(&client, &arguments.id, seen).await?;
        let text = if arguments.json {
            serde_json::to_string_pretty(&journey)?
        } else if arguments.mermaid {
            mermaid::draw(&journey)
        } else {
            tree::draw(&journey)
        };
        let count = hops(&journey).len();
        // A long poll may end without news.
        if seen != Some(count) {
            println!("{text}");
        }
        if !arguments.watch || journey["journey"]["outcome"] != "running" {
            return Ok(());
        }
        seen = Some(count);
    }
}

/// The journey; once it has more hops than were seen, or after a while.
async fn get(client: &Client, id: &str, seen: Option<usize>) -> anyhow::Result<Json> {
    let id = utf8_percent_encode(id, PLAIN);
    let path = match seen {
        Some(seen) => format!("/_konekuta/api/journeys/{id}?wait={WAIT_SECONDS}&hops={seen}"),
        None => format!("/_konekuta/api/journeys/{id}"),
    };
    client.rest("konekuta", Method::GET, &path, None).await.context("cannot read the journey")
}

fn hops(journey: &Json) -> &[Json] {
    journey["hops"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
