//! Five thousand receivers that wait.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};

use super::{Line, create_queue};
use crate::Arguments;
use crate::client::Connection;
use crate::process::Process;
use crate::table::Table;

const RECEIVERS: usize = 5_000;
/// Descriptors: both ends of each connection are on this machine.
const SENDS: usize = 500;
const QUIET: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = Process::konekuta(&arguments.program, &arguments.folder, "memory").await?;
    let requests = server.requests();
    let queue_url = create_queue(&requests, "polls").await?;
    let body = json!({ "QueueUrl": queue_url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1, "VisibilityTimeout": 600 });
    let receive = requests.sqs("ReceiveMessage", &body);
    let before = server.resident()?;
    let mut connections = Vec::new();
    for _ in 0..RECEIVERS {
        connections.push(Connection::open(server.address).await?);
    }
    let (woken, mut answers) = mpsc::unbounded_channel();
    let local = LocalSet::new();
    local
        .run_until(async {
            let mut tasks = JoinSet::new();
            for mut connection in connections {
                let (receive, woken) = (receive.clone(), woken.clone());
                tasks.spawn_local(async move {
                    let found = connection.call(&receive).await?.success()?.len() > 2;
                    if found {
                        // The receiver ends with the measurement.
                        let _ = woken.send(Instant::now());
                    }
                    anyhow::Ok(())
                });
            }
            // All requests are on their way; they are parked when the server is quiet.
            quiet(&server).await?;
            let each = (server.resident()?.saturating_sub(before)) / RECEIVERS as u64;
            let cpu = server.cpu()?;
            tokio::time::sleep(QUIET).await;
            let used = server.cpu()?.saturating_sub(cpu);
            waiting(each, used, table);
            let send = requests.sqs("SendMessage", &json!({ "QueueUrl": queue_url, "MessageBody": "x" }));
            let mut sender = Connection::open(server.address).await?;
            let mut latency = Histogram::<u64>::new(3)?;
            for _ in 0..SENDS {
                let begun = Instant::now();
                sender.call(&send).await?.success()?;
                let answered = answers.recv().await.unwrap_or_else(Instant::now);
                latency.record(u64::try_from((answered - begun).as_micros())?)?;
            }
            let more = tokio::time::timeout(Duration::from_millis(200), answers.recv()).await.is_ok();
            anyhow::ensure!(!more, "a message woke more than one receiver");
            wakes(&latency, table);
            tasks.abort_all();
            Ok(())
        })
        .await
}

/// Waits until the server has used hardly any CPU for a moment.
async fn quiet(server: &Process) -> anyhow::Result<()> {
    loop {
        let before = server.cpu()?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        if server.cpu()?.saturating_sub(before) < Duration::from_millis(3) {
            return Ok(());
        }
    }
}

fn waiting(each: u64, used: Duration, table: &mut Table) {
    let share = used.as_secs_f64() / QUIET.as_secs_f64();
    let row = Line {
        work: "5,000 receivers waiting",
        measured: format!("{:.1} KiB each, {:.2} % of a core", each as f64 / 1024.0, share * 100.0),
        against: String::new(),
        target: "< 10 KiB each, no CPU",
        met: Some(each < 10 << 10 && share < 0.005),
        figures: json!({ "bytes_each": each, "cpu_share": share }),
    };
    table.add(row.row());
}

fn wakes(latency: &Histogram<u64>, table: &mut Table) {
    let figure = |quantile| latency.value_at_quantile(quantile) as f64 / 1000.0;
    let row = Line {
        work: "from a send to the one receiver it wakes, memory",
        measured: format!("p50 {:.2} ms, p99 {:.2} ms", figure(0.5), figure(0.99)),
        against: String::new(),
        target: "p50 ≤ 1 ms",
        met: Some(figure(0.5) <= 1.0),
        figures: json!({ "p50": figure(0.5), "p99": figure(0.99) }),
    };
    table.add(row.row());
}
