//! A queue whose messages go to a function that does nothing with them.

use std::time::Instant;

use http::Method;
use serde_json::json;

use super::{queue_url, until_held, with_echo};
use crate::Arguments;
use crate::client::Connection;
use crate::table::Table;
use crate::works::backlog::many;
use crate::works::queues::{Drain, send_batch};
use crate::works::{Line, grouped};

const MESSAGES: u64 = 240_000;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds.max(1) {
        let server = with_echo(arguments, "memory").await?;
        let requests = server.requests();
        let queue = queue_url(&requests, "work");
        many(&requests, &send_batch(&requests, &queue), MESSAGES).await?;
        let drained = many(&requests, &Drain::new(&requests, &queue), MESSAGES).await?;
        until_held(&requests, &queue, 0).await?;
        many(&requests, &send_batch(&requests, &queue), MESSAGES).await?;
        let mapping = json!({
            "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:work",
            "FunctionName": "nothing",
            "BatchSize": 10,
        });
        let create = requests.lambda(Method::POST, "/2015-03-31/event-source-mappings", &mapping.to_string());
        let begun = Instant::now();
        Connection::open(server.address).await?.call(&create).await?.success()?;
        until_held(&requests, &queue, 0).await?;
        let mapped = MESSAGES as f64 / begun.elapsed().as_secs_f64();
        rounds.push((mapped / drained, mapped, drained));
    }
    // Of one round: what it compares was measured one right after the other.
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, mapped, drained) = rounds[rounds.len() / 2];
    let row = Line {
        work: "SQS to a function that does nothing, batches of 10, memory",
        measured: format!("{} messages/s", grouped(mapped)),
        against: format!("{ratio:.2} × {}, received and deleted over the wire", grouped(drained)),
        target: "≥ 0.50",
        met: Some(ratio >= 0.5),
        figures: json!({ "rate": mapped, "drain_rate": drained, "ratio": ratio }),
    };
    table.add(row.row());
    Ok(())
}
