//! A million messages: sent, standing, through a restart, received, gone.

use std::time::{Duration, Instant};

use serde_json::json;

use super::queues::{Drain, Receive, send_batch};
use super::{Line, ask, create_queue, grouped};
use crate::load::{self, Load, Script};
use crate::process::Process;
use crate::request::Requests;
use crate::table::Table;
use crate::{Arguments, client::Connection};

const CONNECTIONS: usize = 16;
/// So many messages are received where that is measured: fewer than a queue may have in flight.
const TAKEN: u64 = 96_000;
const DISK_BACK_WITHIN: Duration = Duration::from_secs(10);
const DISK_BYTES: u64 = 64 << 20;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.folder)?;
    let server = Process::konekuta_over(&arguments.program, folder.path(), "relaxed").await?;
    let requests = server.requests();
    let short = short_queue(&requests).await?;
    let queue_url = create_queue(&requests, "backlog").await?;
    fill(&server, arguments, &queue_url, table).await?;
    let received = many(&requests, &Receive::new(&requests, &queue_url), TAKEN).await?;
    compared(
        "receive(10) with the backlog standing",
        received,
        short.received,
        "an empty queue's",
        0.9,
        table,
    );
    server.kill()?;
    let server = restart(arguments, folder.path(), table).await?;
    let requests = server.requests();
    let queue_url = format!("http://{}/000000000000/backlog", server.address);
    let drained = many(&requests, &Drain::new(&requests, &queue_url), TAKEN).await?;
    compared(
        "receive and delete with the backlog standing",
        drained,
        short.drained,
        "a short queue's",
        0.9,
        table,
    );
    empty(&server, &requests, &queue_url).await?;
    disk_back(&server, table).await
}

/// What a queue does that holds little.
struct Short {
    received: f64,
    drained: f64,
}

async fn short_queue(requests: &Requests) -> anyhow::Result<Short> {
    let queue_url = create_queue(requests, "short-receive").await?;
    send_many(requests, &queue_url, TAKEN).await?;
    let received = many(requests, &Receive::new(requests, &queue_url), TAKEN).await?;
    let queue_url = create_queue(requests, "short-drain").await?;
    send_many(requests, &queue_url, TAKEN).await?;
    let drained = many(requests, &Drain::new(requests, &queue_url), TAKEN).await?;
    for queue in ["short-receive", "short-drain"] {
        let queue_url = format!("http://{}/000000000000/{queue}", requests.address);
        ask(requests, "DeleteQueue", json!({ "QueueUrl": queue_url })).await?;
    }
    Ok(Short { received, drained })
}

async fn send_many(requests: &Requests, queue_url: &str, messages: u64) -> anyhow::Result<f64> {
    many(requests, &send_batch(requests, queue_url), messages).await
}

/// Repeats a script on all connections until so many messages are through; answers how many a second that were.
pub(super) async fn many<S: Script + Clone + 'static>(
    requests: &Requests,
    script: &S,
    messages: u64,
) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let local = tokio::task::LocalSet::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut script, address) = (script.clone(), requests.address);
        tasks.spawn_local_on(
            async move {
                let mut connection = Connection::open(address).await?;
                let mut through = 0;
                while through < messages / CONNECTIONS as u64 {
                    let more = script.step(&mut connection).await?;
                    anyhow::ensure!(more > 0, "the queue is empty");
                    through += more;
                }
                anyhow::Ok(())
            },
            &local,
        );
    }
    local
        .run_until(async {
            while let Some(ended) = tasks.join_next().await {
                ended??;
            }
            anyhow::Ok(messages as f64 / begun.elapsed().as_secs_f64())
        })
        .await
}

async fn fill(
    server: &Process,
    arguments: &Arguments,
    queue_url: &str,
    table: &mut Table,
) -> anyhow::Result<()> {
    let requests = server.requests();
    let tenth = arguments.backlog / 10;
    let before = server.resident()?;
    let mut rates = Vec::new();
    for _ in 0..10 {
        rates.push(send_many(&requests, queue_url, tenth).await?);
    }
    let each = server.resident()?.saturating_sub(before) / arguments.backlog;
    let (first, last) = (rates[0].min(rates[1]), rates[9].max(rates[8]));
    let ratio = (rates[8] + rates[9]) / (rates[0] + rates[1]);
    let row = Line {
        work: "SendMessageBatch until a million messages stand, relaxed",
        measured: format!("{} messages/s at the start, {} at the end", grouped(first), grouped(last)),
        against: format!("{ratio:.2} × the start"),
        target: "≥ 0.90",
        met: Some(ratio >= 0.9),
        figures: json!({ "rates": rates, "ratio": ratio }),
    };
    table.add(row.row());
    let row = Line {
        work: "memory of a standing message",
        measured: format!("{each} bytes"),
        against: "beyond the server with a short queue".to_owned(),
        target: "≤ 150",
        met: Some(each <= 150),
        figures: json!({ "bytes_each": each }),
    };
    table.add(row.row());
    Ok(())
}

fn compared(work: &str, figure: f64, with: f64, of: &str, least: f64, table: &mut Table) {
    let ratio = figure / with;
    let row = Line {
        work,
        measured: format!("{} messages/s", grouped(figure)),
        against: format!("{ratio:.2} × {of} {}", grouped(with)),
        target: &format!("≥ {least:.2}"),
        met: Some(ratio >= least),
        figures: json!({ "rate": figure, "ratio": ratio }),
    };
    table.add(row.row());
}

async fn restart(
    arguments: &Arguments,
    folder: &std::path::Path,
    table: &mut Table,
) -> anyhow::Result<Process> {
    let server = Process::konekuta_over(&arguments.program, folder, "relaxed").await?;
    let seconds = server.ready_after.as_secs_f64();
    let row = Line {
        work: "restart after kill -9 with the backlog standing",
        measured: format!("first answer after {seconds:.2} s"),
        against: String::new(),
        target: "≤ 1 s",
        met: Some(seconds <= 1.0),
        figures: json!({ "seconds": seconds }),
    };
    table.add(row.row());
    Ok(server)
}

/// Receives and deletes until nothing is left; what is in flight is purged.
async fn empty(server: &Process, requests: &Requests, queue_url: &str) -> anyhow::Result<()> {
    let short = Load { warm: Duration::ZERO, measured: Duration::from_secs(2), rate: None };
    loop {
        let drain = vec![Drain::new(requests, queue_url); CONNECTIONS];
        if load::run(server.address, short, drain).await?.rate < 1.0 {
            break;
        }
    }
    ask(requests, "PurgeQueue", json!({ "QueueUrl": queue_url })).await?;
    Ok(())
}

async fn disk_back(server: &Process, table: &mut Table) -> anyhow::Result<()> {
    let begun = Instant::now();
    // The history keeps what became of the messages, by a limit of its own.
    let messages = || server.disk().map(|(all, history)| (all.saturating_sub(history), history));
    let (mut bytes, mut history) = messages()?;
    while bytes > DISK_BYTES && begun.elapsed() < 2 * DISK_BACK_WITHIN {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (bytes, history) = messages()?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let row = Line {
        work: "disk after the backlog is drained",
        measured: format!("{:.0} MiB after {seconds:.1} s", bytes as f64 / 1_048_576.0),
        against: format!("and {:.0} MiB of history", history as f64 / 1_048_576.0),
        target: "< 64 MiB within 10 s",
        met: Some(bytes < DISK_BYTES && begun.elapsed() < DISK_BACK_WITHIN),
        figures: json!({ "bytes": bytes, "history_bytes": history, "seconds": seconds }),
    };
    table.add(row.row());
    Ok(())
}
